from django.urls import path
from campaigns.views import editor, editor_panel, editor_versions

app_name = "campaigns"
_WORKFLOW = "campaigns/<str:campaign_id>/workflow"
urlpatterns = [
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
