from django.contrib import admin
from django.urls import include, path

from fluenzr import health
from fluenzr.api.v1.resource import Unknown
from fluenzr.dashboard import views as dashboard

urlpatterns = [
    # First, as each request looks through them in turn, and programs ask more often than people.
    path("v1/", include("fluenzr.api.v1.urls")),
    path("v1", Unknown.as_view()),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("", dashboard.page, name="home"),
    path("last-30-days.csv", dashboard.month_file, name="month-file"),
    path("first-steps/dismiss", dashboard.dismiss_steps, name="dismiss-first-steps"),
    path("replies/<str:conversation_id>/done", dashboard.done, name="reply-done"),
    path("admin/", admin.site.urls),
    path("", include("fluenzr.workspaces.account_urls")),
    path("", include("fluenzr.workspaces.urls")),
    path("", include("campaigns.urls")),
    path("", include("fluenzr.mailboxes.urls")),
    path("", include("contacts.urls")),
    path("", include("contacts.pipeline_urls")),
    path("", include("contacts.settings_urls")),
    path("", include("tracking.urls")),
]
handler400 = "fluenzr.api.fallbacks.bad_request"
handler403 = "fluenzr.api.fallbacks.forbidden"
handler404 = "fluenzr.api.fallbacks.not_found"
handler500 = "fluenzr.api.fallbacks.server_error"
