from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "fluenzr.api"
    label = "api"
    verbose_name = "API"
