from django.apps import AppConfig


class FluenzrConfig(AppConfig):
    name = "fluenzr"
    label = "fluenzr"
    verbose_name = "FluenzR"
