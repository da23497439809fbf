"""Addresses of what contacts add to the settings of a workspace; a namespace of its own keeps the menu right."""

from django.urls import path

from contacts.views import fields, privacy

app_name = "contact-settings"
urlpatterns = [
    path("settings/retention", privacy.retention, name="retention"),
    path("settings/fields", fields.listed, name="fields"),
    path("settings/fields/new", fields.new, name="field-new"),
    path("settings/fields/<str:field_id>", fields.edit, name="field-edit"),
    path("settings/fields/<str:field_id>/delete", fields.delete, name="field-delete"),
]
