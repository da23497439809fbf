from django.contrib import admin


def test_admin_shows_of_the_queue_only_its_failures() -> None:
    shown = {model.__name__ for model in admin.site._registry if model._meta.app_label == "django_q"}
    assert shown == {"Failure"}
