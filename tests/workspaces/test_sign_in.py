import pytest
from django.test import Client

from fluenzr.workspaces.models import Member
from tests.builders import make_user

pytestmark = pytest.mark.django_db


def test_member_signs_in_with_any_case_and_lands_where_he_was_going(owner: Member) -> None:
    user = make_user("jane@acme.example", "correct horse")
    client = Client()
    form = {"login": " Jane@ACME.example", "password": "correct horse", "next": "/sandbox/"}
    answer = client.post("/sign-in", form)
    assert (answer.status_code, answer["Location"]) == (302, "/sandbox/")
    assert client.session["_auth_user_id"] == str(user.pk)


@pytest.mark.parametrize(("email", "password"), [("jane@acme.example", "wrong"), ("nobody@acme.example", "x")])
def test_unknown_address_and_wrong_password_look_alike(email: str, password: str) -> None:
    make_user("jane@acme.example", "correct horse")
    answer = Client().post("/sign-in", {"login": email, "password": password})
    assert answer.status_code == 200
    assert "The address or the password is wrong." in answer.content.decode()


def test_next_never_leads_away(owner: Member) -> None:
    form = {"login": owner.user.email, "password": "correct horse", "next": "https://evil.example/"}
    assert Client().post("/sign-in", form)["Location"] == "/"


def test_home_asks_to_sign_in() -> None:
    answer = Client().get("/", follow=True)
    assert answer.redirect_chain == [("/sign-in?next=/", 302)]


def test_sign_out_needs_a_post(owner: Member) -> None:
    client = Client()
    client.force_login(owner.user)
    assert client.get("/sign-out").status_code == 405
    assert client.post("/sign-out")["Location"] == "/sign-in"
    assert "_auth_user_id" not in client.session
