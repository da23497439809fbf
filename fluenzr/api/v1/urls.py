"""The routes of `/v1`. An id in a path is named `<noun>_id`; the tenancy test finds a foreign one by that name."""

from django.urls import path, re_path

from fluenzr.api.v1 import campaign_routes, contacts, email_accounts, fields, groups, stages, suppressions
from fluenzr.api.v1.resource import Unknown

urlpatterns = [
    path("contacts", contacts.ContactList.as_view()),
    path("contacts/bulk", contacts.ContactBulk.as_view()),
    path("contacts/search", contacts.ContactSearch.as_view()),
    path("contacts/<contact_id>", contacts.ContactOne.as_view()),
    path("contacts/<contact_id>/groups", contacts.ContactGroups.as_view()),
    path("contacts/<contact_id>/tags", contacts.ContactTags.as_view()),
    path("groups", groups.GroupList.as_view()),
    path("groups/<group_id>", groups.GroupOne.as_view()),
    path("groups/<group_id>/contacts", groups.GroupContacts.as_view()),
    path("fields", fields.FieldList.as_view()),
    path("fields/<field_id>", fields.FieldOne.as_view()),
    path("stages", stages.StageList.as_view()),
    path("stages/<stage_id>", stages.StageOne.as_view()),
    path("email-accounts", email_accounts.AccountList.as_view()),
    path("email-accounts/<account_id>", email_accounts.AccountOne.as_view()),
    path("email-accounts/<account_id>/test", email_accounts.AccountTest.as_view()),
    path("email-accounts/<account_id>/reconnect", email_accounts.AccountReconnect.as_view()),
    path("email-accounts/<account_id>/disable", email_accounts.AccountDisable.as_view()),
    path("suppressions", suppressions.SuppressionList.as_view()),
    path("suppressions/<suppression_id>", suppressions.SuppressionOne.as_view()),
    *campaign_routes.urlpatterns,
    # Last: whatever is none of the above.
    re_path(r"^.*$", Unknown.as_view()),
]
