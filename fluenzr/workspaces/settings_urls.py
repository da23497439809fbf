"""Addresses of the settings of a workspace."""

from django.urls import path

from fluenzr.workspaces.views import api_keys, members, workspace

urlpatterns = [
    path("settings/workspace", workspace.settings, name="settings"),
    path("settings/plan", workspace.plan, name="plan"),
    path("settings/api-keys", api_keys.listed, name="api-keys"),
    path("settings/api-keys/<str:key_id>/revoke", api_keys.revoke, name="revoke-key"),
    path("settings/members", members.listed, name="members"),
    path("settings/members/<str:member_id>/role", members.change_role, name="member-role"),
    path("settings/members/<str:member_id>/remove", members.remove, name="remove-member"),
    path("settings/invitations/<str:invitation_id>", members.change_invitation, name="change-invitation"),
    path("invitations/<str:token>", members.invitation, name="invitation"),
]
