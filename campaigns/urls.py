from django.urls import path

from campaigns.views import (
    contact_activity,
    editor,
    editor_panel,
    editor_versions,
    listed,
    numbers,
    overview,
    people,
    settings,
)

app_name = "campaigns"
_WORKFLOW = "campaigns/<str:campaign_id>/workflow"

urlpatterns = [
    path("campaigns/", listed.page, name="list"),
    path("campaigns/new", listed.new, name="new"),
    path("campaigns/bulk", listed.bulk, name="bulk"),
    path("campaigns/<str:campaign_id>/", overview.page, name="overview"),
    path("campaigns/<str:campaign_id>/act", overview.act, name="act"),
    path("contacts/<str:contact_id>/activity", contact_activity.page, name="contact-activity"),
    path("campaigns/<str:campaign_id>/contacts", people.page, name="contacts"),
    path("campaigns/<str:campaign_id>/contacts/add", people.add, name="contacts-add"),
    path("campaigns/<str:campaign_id>/contacts/remove", people.remove, name="contacts-remove"),
    path("campaigns/<str:campaign_id>/activity", numbers.events, name="activity"),
    path("campaigns/<str:campaign_id>/statistics", numbers.page, name="statistics"),
    path("campaigns/<str:campaign_id>/settings", settings.page, name="settings"),
    path(_WORKFLOW, editor.page, name="workflow"),
    path(f"{_WORKFLOW}/draft", editor.draft, name="workflow-draft"),
    path(f"{_WORKFLOW}/problems", editor.problems, name="workflow-problems"),
    path(f"{_WORKFLOW}/palette", editor.palette, name="workflow-palette"),
    path(f"{_WORKFLOW}/counts", editor.counts, name="workflow-counts"),
    path(f"{_WORKFLOW}/panel", editor_panel.panel, name="workflow-panel"),
    path(f"{_WORKFLOW}/values/<str:kind>", editor_panel.values, name="workflow-values"),
    path(f"{_WORKFLOW}/preview", editor_panel.preview, name="workflow-preview"),
    path(f"{_WORKFLOW}/mail", editor_panel.mail, name="workflow-mail"),
    path(f"{_WORKFLOW}/versions", editor_versions.listed, name="workflow-versions"),
    path(f"{_WORKFLOW}/versions/<int:number>/restore", editor_versions.restore, name="workflow-restore"),
    path(f"{_WORKFLOW}/resume", editor_versions.resume, name="workflow-resume"),
]
