from django.urls import path

from fluenzr.workspaces import settings_urls
from fluenzr.workspaces.views import pages

app_name = "workspaces"
urlpatterns = [
    path("search", pages.find, name="search"),
    path("workspaces/new", pages.new, name="new"),
    path("workspaces/<str:workspace_id>/enter", pages.enter, name="enter"),
    path("settings/profile", pages.profile, name="profile"),
    *settings_urls.urlpatterns,
]
