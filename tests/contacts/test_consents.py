"""Where the right to write to a person comes from."""

import pytest

from contacts import consents, people
from contacts.consents import Basis
from contacts.models import Consent, Contact
from fluenzr.core.errors import Invalid
from fluenzr.workspaces.models import Workspace
from tests.builders import NOW, make_contact

pytestmark = pytest.mark.django_db


def test_record_keeps_a_row_only_where_something_new_is_said(workspace: Workspace) -> None:
    contact = make_contact(workspace)
    for basis in (Basis("event", " At the fair "), Basis("event", "At the fair"), Basis("referral")):
        consents.record(contact, basis=basis, by="jane", now=NOW)
    rows = contact.consents.order_by("id").values_list("source", "wording", "by", "given_at")
    assert list(rows) == [("event", "At the fair", "jane", NOW), ("referral", "", "jane", NOW)]
    latest = consents.latest(contact)
    assert latest is not None
    assert latest.source == "referral"


def test_latest_is_none_where_nobody_said(workspace: Workspace) -> None:
    assert consents.latest(make_contact(workspace)) is None


@pytest.mark.parametrize(
    ("basis", "field"),
    [(Basis("dream"), "consentSource"), (Basis("event", "x" * 10_001), "consentWording")],
)
def test_a_basis_that_does_not_fit_leaves_no_contact(workspace: Workspace, basis: Basis, field: str) -> None:
    with pytest.raises(Invalid) as caught:
        people.create(workspace=workspace, draft={"email": "a@x.example"}, by="jane", now=NOW, basis=basis)
    assert list(caught.value.details) == [field]
    assert (Contact.objects.count(), Consent.objects.count()) == (0, 0)
