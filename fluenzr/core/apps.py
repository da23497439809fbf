from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "fluenzr.core"
    label = "core"
    verbose_name = "Core"
