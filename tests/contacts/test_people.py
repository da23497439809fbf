import threading
from typing import Any

import pytest
from django.db import connection

from contacts import batches, facts, people
from contacts.models import Contact, CustomField
from fluenzr.core.errors import Conflict, Invalid, PlanLimit
from fluenzr.workspaces.models import Workspace
from tests.builders import NOW, make_contact, make_group, make_workspace
from tests.listening import heard


def create(workspace: Workspace, **draft: Any) -> Contact:
    given: Any = {"email": "jane@example.com", **draft}
    return people.create(workspace=workspace, draft=given, by="jane@x.org", now=NOW)


def write(workspace: Workspace, *emails: str, **options: Any) -> batches.Result:
    drafts: Any = [{"email": email} for email in emails]
    options = {"on_duplicate": batches.SKIP, "by": "x", "now": NOW} | options
    return batches.write(workspace=workspace, drafts=drafts, **options)


def test_create_stops_at_the_plan(db: None) -> None:
    workspace = make_workspace(plan="free")
    rows = [Contact(workspace=workspace, email_key=f"{number}@x.org") for number in range(300)]
    Contact.objects.bulk_create(rows)

    with pytest.raises(PlanLimit, match="The Free plan allows 300 contacts"):
        create(workspace)


def test_batch_beyond_the_plan_writes_nothing(db: None) -> None:
    workspace = make_workspace(plan="free")

    with pytest.raises(PlanLimit):
        write(workspace, *(f"{number}@x.org" for number in range(301)))

    assert not Contact.objects.exists()


def test_refused_draft_makes_no_field(workspace: Workspace) -> None:
    with pytest.raises(Invalid):
        people.update(
            make_contact(workspace), draft={"customFields": {"sector": "x"}, "country": "??"}, by="x", now=NOW
        )

    assert not CustomField.objects.exists()


def test_facts_come_in_chunks(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts, "CHUNK", 2)
    group = make_group(workspace)

    with heard(facts.ContactsCreated, facts.GroupJoined) as told:
        write(workspace, "a@x.org", "b@x.org", "c@x.org", groups=[group])

    sizes = [(type(fact).__name__, len(fact.contact_ids)) for fact in told]
    assert sizes == [("ContactsCreated", 2), ("ContactsCreated", 1), ("GroupJoined", 2), ("GroupJoined", 1)]


def test_failing_subscriber_takes_the_contact_back(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(fact: object) -> None:
        raise Conflict("no")

    monkeypatch.setattr("fluenzr.core.bus.publish", fail)
    with pytest.raises(Conflict):
        create(workspace)

    assert not Contact.objects.exists()


def test_delete_leaves_other_workspaces_alone(workspace: Workspace, other_workspace: Workspace) -> None:
    theirs = make_contact(other_workspace)

    assert people.delete(workspace=workspace, contact_ids=[theirs.pk], by="x", now=NOW) == 0
    assert Contact.objects.get() == theirs


@pytest.mark.django_db(transaction=True)
def test_writers_of_one_address_at_once_make_one_contact() -> None:
    workspace = make_workspace()
    begin = threading.Barrier(4)
    results: list[str] = []

    def run() -> None:
        try:
            begin.wait()
            create(workspace)
            results.append("created")
        except Conflict:
            results.append("conflict")
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(results) == ["conflict", "conflict", "conflict", "created"]
