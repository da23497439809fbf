from django.apps import AppConfig


class WorkspacesConfig(AppConfig):
    name = "fluenzr.workspaces"
    label = "workspaces"
    verbose_name = "Workspaces"
