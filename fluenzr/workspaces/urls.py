from django.urls import path

from fluenzr.workspaces import settings_urls
from fluenzr.workspaces.views import lists, pages

app_name = "workspaces"
urlpatterns = [
    path("search", pages.find, name="search"),
    path("workspaces/new", pages.new, name="new"),
    path("workspaces/<str:workspace_id>/enter", pages.enter, name="enter"),
    path("lists/look", lists.look, name="list-look"),
    path("lists/views", lists.save, name="save-view"),
    path("lists/views/<str:view_id>", lists.change, name="saved-view"),
    path("settings/profile", pages.profile, name="profile"),
    *settings_urls.urlpatterns,
]
