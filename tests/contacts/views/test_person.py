"""One contact: the card, the forms, and what is done by hand."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from contacts.enums import ContactStatus
from contacts.models import Consent, Contact, Suppression
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.models import Member, Workspace
from tests.builders import make_contact, make_field, make_group, make_member
from tests.clients import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(teammate: Member) -> Client:
    return signed_in(teammate)


def typed(**fields: Any) -> dict[str, Any]:
    return {"email": "ann@x.example", "consent_source": "event", **fields}


def test_new_makes_the_contact_with_groups_tags_fields_and_consent(
    client: Client, workspace: Workspace, teammate: Member
) -> None:
    group = make_group(workspace)
    make_field(workspace, "seats", "number")
    make_field(workspace, "keen", "checkbox")
    form = typed(
        first_name="Ann", tags="vip, fair ", groups=[group.public_id], custom_seats="12", consent_wording="Yes, write"
    )
    response = client.post("/contacts/new", form)
    contact = Contact.objects.get()
    assert response["Location"] == f"/contacts/{contact.public_id}/"
    assert (contact.email, contact.first_name, contact.custom) == ("ann@x.example", "Ann", {"seats": 12})
    assert sorted(contact.taggings.values_list("tag__name", flat=True)) == ["fair", "vip"]
    assert contact.memberships.get().group == group
    consent = Consent.objects.get()
    assert (consent.contact, consent.source, consent.wording, consent.by) == (
        contact,
        "event",
        "Yes, write",
        teammate.user.email,
    )


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"consent_source": ""}, "This field is required."),
        ({"country": "France"}, "Country must be a code of two letters"),
        ({"custom_seats": "many"}, "seats must be: Number"),
        ({"tags": "x" * 101}, "A tag has between 1 and 100 characters"),
        ({"email": "taken@x.example"}, "A contact with this email exists already"),
    ],
)
def test_new_says_at_the_field_what_does_not_fit_and_keeps_the_rest(
    client: Client, workspace: Workspace, form: dict[str, str], sentence: str
) -> None:
    make_contact(workspace, "taken@x.example")
    make_field(workspace, "seats", "number")
    response = client.post("/contacts/new", typed(first_name="Kept", **form))
    page = response.content.decode()
    assert (response.status_code, sentence in page, 'value="Kept"' in page) == (422, True, True)
    assert (Contact.objects.count(), Consent.objects.count()) == (1, 0)


def test_deal_value_and_owner_are_typed_like_the_rest(client: Client, workspace: Workspace, teammate: Member) -> None:
    form = typed(deal_value="12 500,50", owner=teammate.user.public_id)
    assert client.post("/contacts/new", form).status_code == 303
    contact = Contact.objects.get()
    assert (contact.deal_value, contact.owner) == (Decimal("12500.50"), teammate.user)
    url = f"/contacts/{contact.public_id}/edit"
    assert f'value="{teammate.user.public_id}" selected' in client.get(url).content.decode()
    refused = client.post(url, form | {"deal_value": "a lot"})
    assert (refused.status_code, "Deal value must be an amount" in refused.content.decode()) == (422, True)
    client.post(url, typed())
    contact.refresh_from_db()
    assert (contact.deal_value, contact.owner) == (None, None)


def test_an_owner_who_left_stays_until_somebody_else_is_chosen(client: Client, workspace: Workspace) -> None:
    gone = make_member(workspace)
    contact = make_contact(workspace, "ann@x.example", owner=gone.user)
    gone.delete()
    url = f"/contacts/{contact.public_id}/edit"
    assert f'value="{gone.user.public_id}" selected' in client.get(url).content.decode()
    client.post(url, typed(owner=gone.user.public_id))
    contact.refresh_from_db()
    assert contact.owner == gone.user


def test_edit_changes_what_was_typed_and_notes_a_consent_only_when_it_is_new(
    client: Client, workspace: Workspace
) -> None:
    contact = make_contact(workspace, "old@x.example", custom={"keen": True}, company="Cat Works")
    make_field(workspace, "keen", "checkbox")
    url = f"/contacts/{contact.public_id}/edit"
    assert 'value="Cat Works"' in client.get(url).content.decode()
    for _time in range(2):
        assert client.post(url, typed(company="Dog Works")).status_code == 303
    contact.refresh_from_db()
    assert (contact.email, contact.company, contact.custom) == ("ann@x.example", "Dog Works", {"keen": False})
    assert list(contact.consents.values_list("source", flat=True)) == ["event"]
    client.post(url, typed(consent_source="referral"))
    assert contact.consents.count() == 2


def test_edit_refuses_the_address_of_another(client: Client, workspace: Workspace) -> None:
    contact = make_contact(workspace, "one@x.example")
    make_contact(workspace)
    make_contact(workspace, "ann@x.example")
    response = client.post(f"/contacts/{contact.public_id}/edit", typed())
    assert (response.status_code, contact.consents.count()) == (422, 0)


def test_card_shows_fields_groups_tags_and_consent(client: Client, workspace: Workspace) -> None:
    make_field(workspace, "seats", "number", label="Seats wanted")
    client.post("/contacts/new", typed(tags="vip", custom_seats="12", consent_wording="At the fair"))
    contact = Contact.objects.get()
    make_group(workspace, "Fair 2026", (contact,))
    page = client.get(f"/contacts/{contact.public_id}/").content.decode()
    words = ("ann@x.example", "vip", "Fair 2026", "Seats wanted", "At the fair", "Event", "Active")
    assert [word for word in words if word not in page] == []


def test_status_is_changed_by_hand_and_back(client: Client, workspace: Workspace) -> None:
    contact = make_contact(workspace)
    url = f"/contacts/{contact.public_id}/status"
    found = []
    for act in ("unsubscribe", "restore", "block", "restore"):
        assert client.post(url, {"act": act})["Location"] == f"/contacts/{contact.public_id}/"
        contact.refresh_from_db()
        found.append(contact.status)
    assert found == [
        ContactStatus.UNSUBSCRIBED,
        ContactStatus.ACTIVE,
        ContactStatus.BLOCKED,
        ContactStatus.ACTIVE,
    ]
    assert Suppression.objects.count() == 0
    assert client.post(url, {"act": "paint"}).status_code == 422


def test_delete_removes_the_contact(client: Client, workspace: Workspace) -> None:
    contact = make_contact(workspace)
    assert client.post(f"/contacts/{contact.public_id}/delete")["Location"] == "/contacts/"
    assert Contact.objects.count() == 0


@pytest.mark.parametrize("rest", ["", "edit", "status", "delete"])
def test_a_stranger_gets_404_and_a_viewer_403(workspace: Workspace, stranger: Member, rest: str) -> None:
    contact = make_contact(workspace)
    url = f"/contacts/{contact.public_id}/{rest}"
    ask = "get" if not rest else "post"
    assert getattr(signed_in(stranger), ask)(url).status_code == 404
    viewer = signed_in(make_member(workspace, Role.VIEWER))
    assert getattr(viewer, ask)(url).status_code == (403 if rest else 200)
    assert Contact.objects.filter(pk=contact.pk, status=ContactStatus.ACTIVE).count() == 1


def test_a_viewer_makes_none(workspace: Workspace) -> None:
    assert signed_in(make_member(workspace, Role.VIEWER)).post("/contacts/new", typed()).status_code == 403
    assert Contact.objects.count() == 0


def test_card_shows_what_is_inferred_and_from_what(client: Client, workspace: Workspace) -> None:
    contact = make_contact(workspace, phone="+33612345678")
    page = client.get(f"/contacts/{contact.public_id}/").content.decode()
    assert "Europe/Paris" in page
    assert "inferred from the phone number (FR)" in " ".join(page.replace("<", " <").split())


@pytest.mark.parametrize(
    ("email", "others", "said"),
    [
        ("ann@acme.example", 0, "acme.example</dd>"),
        ("ann@acme.example", 1, 'href="/contacts/?domain=acme.example">1 other of this company</a>'),
        ("ann@acme.example", 2, 'href="/contacts/?domain=acme.example">2 others of this company</a>'),
    ],
)
def test_card_counts_the_others_of_the_company(
    client: Client, workspace: Workspace, other_workspace: Workspace, email: str, others: int, said: str
) -> None:
    contact = make_contact(workspace, email)
    make_contact(other_workspace, "eve@acme.example")
    for number in range(others):
        make_contact(workspace, f"p{number}@acme.example")
    assert said in client.get(f"/contacts/{contact.public_id}/").content.decode()


@pytest.mark.parametrize("email", ["ann@gmail.com", None])
def test_card_of_somebody_without_a_company_counts_nobody(
    client: Client, workspace: Workspace, email: str | None
) -> None:
    contact = make_contact(workspace, email)
    make_contact(workspace, "bob@gmail.com")
    make_contact(workspace, None)
    assert "Company domain" not in client.get(f"/contacts/{contact.public_id}/").content.decode()
