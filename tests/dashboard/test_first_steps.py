"""The first steps lead from one to the next: each comes back to the dashboard, where it is ticked."""

import pytest
from django.test import Client

from fluenzr.workspaces.models import Member
from tests.browsing import confirmed

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(owner: Member) -> Client:
    return confirmed(owner.user)


def test_a_sandbox_is_made_on_the_way(client: Client) -> None:
    assert b'href="/accounts/new?next=/"' in client.get("/").content
    assert b'href="/accounts/new-sandbox?next=/"' in client.get("/accounts/new?next=/").content

    answer = client.post("/accounts/new-sandbox?next=/", {"email": "me@acme.example"})

    assert answer["Location"] == "/"
    assert b"Test it before the first campaign" in client.get("/").content


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "/\\evil.example"])
def test_nobody_is_led_elsewhere(client: Client, elsewhere: str) -> None:
    answer = client.post(f"/accounts/new-sandbox?next={elsewhere}", {"email": "me@acme.example"})

    assert answer["Location"].startswith("/accounts/acc_")
