from django.apps import AppConfig


class FluenzrConfig(AppConfig):
    name = "fluenzr"
    label = "fluenzr"
    verbose_name = "FluenzR"

    def ready(self) -> None:
        from fluenzr import checks, places  # noqa: F401

        places.register()
