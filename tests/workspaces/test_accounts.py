import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed
from allauth.usersessions.models import UserSession
from django.core import mail
from django.test import Client, RequestFactory
from django.test.utils import override_settings

from fluenzr.workspaces.models import Member, User, Workspace
from tests.builders import make_user

pytestmark = pytest.mark.django_db
FORM = {
    "name": "Jane Doe",
    "email": "jane@acme.example",
    "password1": "correct horse battery",
    "workspace": "Acme",
    "tracking_mode": "minimal",
    "timezone": "Europe/Paris",
}


def signed_in(user: User) -> Client:
    """A client that came through the door, so that its session is listed."""
    client = Client()
    client.post("/sign-in", {"login": user.email, "password": "correct horse"})
    assert client.session["_auth_user_id"] == str(user.pk)
    return client


def is_signed_in(client: Client) -> bool:
    return client.get("/settings/profile").status_code == 200


def test_sign_up_makes_person_and_workspace_and_signs_in() -> None:
    client = Client(headers={"Accept-Language": "fr"})
    answer = client.post("/sign-up", FORM)

    user, workspace = User.objects.get(), Workspace.objects.get()
    assert answer["Location"] == "/"
    assert (user.name, user.language, user.timezone) == ("Jane Doe", "fr", "Europe/Paris")
    assert (workspace.name, workspace.tracking_mode, workspace.timezone) == ("Acme", "minimal", "Europe/Paris")
    assert Member.objects.get().role == "owner"
    assert client.session["_auth_user_id"] == str(user.pk)


@pytest.mark.parametrize(
    ("change", "field"),
    [({"email": "no address"}, "email"), ({"password1": "password"}, "password1"), ({"workspace": " "}, "workspace")],
)
def test_sign_up_says_what_is_wrong_and_makes_nothing(change: dict[str, str], field: str) -> None:
    answer = Client().post("/sign-up", FORM | change)

    assert list(answer.context["form"].errors) == [field]
    assert User.objects.count() == Workspace.objects.count() == 0


def test_sign_up_takes_no_unknown_zone() -> None:
    Client().post("/sign-up", FORM | {"timezone": "Mars/Olympus"})

    assert User.objects.get().timezone == "UTC"


def test_closed_sign_up_takes_nobody() -> None:
    with override_settings(SIGN_UP_OPEN=False):
        answer = Client().post("/sign-up", FORM)
        offered = Client().get("/sign-in").text

    assert "Sign-up is closed" in answer.text
    assert "/sign-up" not in offered
    assert User.objects.count() == 0


def test_ten_bad_passwords_are_enough_and_others_are_unaffected() -> None:
    make_user("jane@acme.example", "correct horse")
    make_user("joe@acme.example", "correct horse")
    guesser, other = Client(REMOTE_ADDR="203.0.113.1"), Client(REMOTE_ADDR="203.0.113.2")
    bad = {"login": "jane@acme.example", "password": "wrong"}

    assert [guesser.post("/sign-in", bad).status_code for _ in range(10)] == [200] * 10
    refused = guesser.post("/sign-in", bad | {"password": "correct horse"})
    assert (refused.status_code, "Too many attempts" in refused.text) == (429, True)
    assert other.post("/sign-in", {"login": "joe@acme.example", "password": "correct horse"}).status_code == 302


def test_forgotten_password_is_replaced_by_a_mail() -> None:
    user = make_user("jane@acme.example", "correct horse")
    before = signed_in(user)
    client = Client()
    client.post("/password", {"email": "jane@acme.example"})
    link = next(word for word in mail.outbox[0].body.split() if "/password/" in word)
    form = client.get(link.removeprefix("http://testserver"), follow=True)
    path = form.redirect_chain[0][0]
    client.post(path, {"password1": "another good one", "password2": "another good one"})

    user.refresh_from_db()
    assert user.check_password("another good one")
    assert not is_signed_in(before)


def test_reset_of_an_unknown_address_looks_the_same() -> None:
    answer = Client().post("/password", {"email": "nobody@acme.example"})

    assert answer["Location"] == "/password/sent"


def test_new_password_ends_the_other_sessions(owner: Member) -> None:
    here, there = signed_in(owner.user), signed_in(owner.user)
    form = {"oldpassword": "correct horse", "password1": "another good one", "password2": "another good one"}
    here.post("/settings/security/password", form)

    assert (is_signed_in(here), is_signed_in(there)) == (True, False)


@pytest.mark.parametrize("change", [authenticator_added, authenticator_removed], ids=["added", "removed"])
def test_change_of_a_second_factor_ends_the_other_sessions(owner: Member, change: object) -> None:
    here, there = signed_in(owner.user), signed_in(owner.user)
    request = RequestFactory().get("/")
    request.session = here.session
    change.send(sender=Authenticator, request=request, user=owner.user, authenticator=None)

    assert (is_signed_in(here), is_signed_in(there)) == (True, False)
    assert UserSession.objects.get().session_key == here.session.session_key


def test_sessions_are_listed_and_ended(owner: Member) -> None:
    here, there = signed_in(owner.user), signed_in(owner.user)
    assert here.get("/settings/security/sessions").context["session_count"] == 2
    here.post("/settings/security/sessions")

    assert (is_signed_in(here), is_signed_in(there)) == (True, False)


def test_admin_asks_at_the_common_door() -> None:
    answer = Client().get("/admin/", follow=True)

    assert answer.redirect_chain[-1] == ("/sign-in?next=%2Fadmin%2F", 302)


def test_second_factor_asks_for_the_password_again(owner: Member) -> None:
    client = Client()
    client.force_login(owner.user)
    asked = client.get("/settings/security/app/on")
    assert asked["Location"].startswith("/confirm?next=")
    client.post(asked["Location"], {"password": "correct horse"})

    assert client.get("/settings/security/app/on").status_code == 200
