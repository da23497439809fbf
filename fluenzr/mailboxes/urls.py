from django.urls import path

from fluenzr.mailboxes.views import account, listed

app_name = "mailboxes"
_ACCOUNT = "accounts/<str:account_id>"

urlpatterns = [
    path("accounts/", listed.listed, name="list"),
    path("accounts/new", listed.new, name="new"),
    path("accounts/new-relay", listed.new_relay, name="new-relay"),
    path("accounts/new-sandbox", listed.new_sandbox, name="new-sandbox"),
    path(f"{_ACCOUNT}/", account.shown, name="account"),
    path(f"{_ACCOUNT}/edit", account.edit, name="edit"),
    path(f"{_ACCOUNT}/test", account.test, name="test"),
    path(f"{_ACCOUNT}/reconnect", account.reconnect, name="reconnect"),
    path(f"{_ACCOUNT}/disable", account.disable, name="disable"),
    path(f"{_ACCOUNT}/delete", account.delete, name="delete"),
]
