from django.apps import AppConfig


class WorkspacesConfig(AppConfig):
    name = "fluenzr.workspaces"
    label = "workspaces"
    verbose_name = "Workspaces"

    def ready(self) -> None:
        from fluenzr.workspaces import sessions  # noqa: F401
