import pytest
from django.db import DataError, IntegrityError, connection, transaction

from campaigns.models import Event
from contacts.models import Contact
from fluenzr.core import bulk, ids
from fluenzr.workspaces.models import Workspace
from tests.builders import NOW, make_campaign, make_contact

METADATA = {"by": "o'neil %s"}


def make_event(workspace: Workspace, **more: object) -> Event:
    campaign = make_campaign(workspace)
    return Event(workspace=workspace, campaign=campaign, type="added", node="a'{b}", at=NOW, metadata=METADATA, **more)


def test_keys_and_numbers_come_in_as_they_were_given(workspace: Workspace) -> None:
    sample, keys = make_event(workspace), ids.draw(2)
    bulk.insert_like(sample, ("id", "contact_id", "link"), [(keys[0], keys[1], 3), (keys[1].hex, None, None)])
    rows = Event.objects.order_by("pk").values_list("pk", "contact", "link", "node", "at", "metadata", "campaign")
    same = ("a'{b}", NOW, METADATA, sample.campaign_id)
    assert list(rows) == [(keys[0], keys[1], 3, *same), (keys[1], None, None, *same)]


def test_texts_come_in_as_they_were_given(workspace: Workspace) -> None:
    same = {"workspace_id": workspace.pk, "created_at": NOW, "updated_at": NOW, "custom": {}, "status": "active"}
    blank = {
        field.attname: ""
        for field in Contact._meta.concrete_fields
        if field.get_internal_type() in ("CharField", "TextField") and field.attname not in ("status", "email_key")
    }
    key, company = ids.uuid7(), 'Smith, "Jones"\n& {Sons} \\N'
    blank.pop("company")
    bulk.insert(Contact, ("id", "company"), [(key, company)], same=blank | same | {"email": None, "email_key": None})
    contact = Contact.objects.get()
    assert (contact.pk, contact.company, contact.first_name, contact.email) == (key, company, "", None)


def test_texts_of_many_rows_stay_apart(workspace: Workspace) -> None:
    blank = {
        field.attname: ""
        for field in Contact._meta.concrete_fields
        if field.get_internal_type() in ("CharField", "TextField")
    }
    same = {"workspace_id": workspace.pk, "created_at": NOW, "updated_at": NOW, "status": "active"}
    companies = ["\\N", "\\.", "a\tb", "a\r\nb", "\\", "", 'é "', *map(str, range(600))]
    rows = [(ids.uuid7(), at, name, {"said": name}) for at, name in enumerate(companies)]
    blank.pop("company")
    given = blank | same | {"email": None, "email_key": None}
    bulk.insert(Contact, ("id", "deal_value", "company", "custom"), rows, same=given)
    told = Contact.objects.order_by("deal_value").values_list("pk", "deal_value", "company", "custom")
    assert list(told) == rows


def test_no_rows_are_nothing_to_do(workspace: Workspace) -> None:
    bulk.insert_like(make_event(workspace), ("id", "contact_id"), [])
    assert not Event.objects.exists()


def test_a_key_that_is_there_is_refused(workspace: Workspace) -> None:
    sample, key = make_event(workspace), ids.uuid7()
    bulk.insert_like(sample, ("id", "link"), [(key, 1)])
    with pytest.raises(IntegrityError), transaction.atomic():
        bulk.insert_like(sample, ("id", "link"), [(key, 2)])


def test_a_text_that_is_too_long_is_refused_and_not_cut(workspace: Workspace) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("its columns have no length")
    sample = make_event(workspace)
    sample.node = "x" * 100
    with pytest.raises(DataError), transaction.atomic():
        bulk.insert_like(sample, ("id", "link"), [(ids.uuid7(), 1)])


def test_rows_are_changed_each_by_its_own_values(workspace: Workspace) -> None:
    one, two, three = (make_contact(workspace, f"p{number}@a.example", company="Old") for number in range(3))
    odd = 'Smith, "Jones"\n& {Sons} \\N é'
    rows = [(odd, {"size": 7, "city": "Oslo"}, NOW, one.pk), ("", {}, None, two.pk)]
    bulk.update(Contact, ("company", "custom", "hold_until"), rows)
    told = Contact.objects.order_by("pk").values_list("company", "custom", "hold_until")
    assert list(told) == [(odd, {"size": 7, "city": "Oslo"}, NOW), ("", {}, None), ("Old", {}, None)]
    assert three.pk == Contact.objects.get(company="Old").pk


def test_no_rows_change_nothing(workspace: Workspace) -> None:
    make_contact(workspace, company="Old")
    bulk.update(Contact, ("company",), [])
    assert Contact.objects.get().company == "Old"


def test_rows_are_changed_only_where_they_are_as_expected(workspace: Workspace) -> None:
    one, two, three = (
        make_contact(workspace, f"p{number}@a.example", company="Old", job_title="CTO") for number in range(3)
    )
    Contact.objects.filter(pk=three.pk).update(hold_until=NOW)
    rows = [("New", "Old", one.pk), ("New", "Other", two.pk), ("New", "Old", three.pk)]
    changed = bulk.update_where(
        Contact, ("company",), rows, matching=("company",), where={"hold_until": None}, same={"job_title": "CEO"}
    )
    assert changed == {one.pk}
    told = Contact.objects.order_by("pk").values_list("company", "job_title")
    assert list(told) == [("New", "CEO"), ("Old", "CTO"), ("Old", "CTO")]


def test_row_that_is_like_a_sample_is_a_row_of_its_own(workspace: Workspace) -> None:
    sample = make_event(workspace)
    one, two = bulk.like(sample, node="one"), bulk.like(sample, node="two")
    one.save()
    assert (one.node, two.node, sample.node, two._state.adding) == ("one", "two", "a'{b}", True)
    assert Event.objects.get().metadata == METADATA
