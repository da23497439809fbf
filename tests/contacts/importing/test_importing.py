"""From a file to contacts: what is made, changed, left and refused, by one worker after the other."""

import io
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from contacts import consents, grouping, people, suppression
from contacts.enums import GroupKind
from contacts.facts import ContactsCreated, GroupJoined
from contacts.importing import lifecycle, running
from contacts.importing.lifecycle import NewField
from contacts.models import (
    Consent,
    Contact,
    CustomField,
    FieldChange,
    Import,
    ImportPart,
    Membership,
    RejectedRow,
    StageMove,
    Tagging,
)
from fluenzr.core.errors import Conflict, Invalid, PlanLimit
from fluenzr.workspaces.models import Workspace
from tests.builders import (
    NOW,
    make_contact,
    make_email_node,
    make_enrolment,
    make_field,
    make_group,
    make_import,
    make_running,
    make_sent,
    make_stage,
    make_workspace,
)
from tests.listening import heard

pytestmark = pytest.mark.django_db


def done(origin: Import) -> Import:
    """The import after the workers did all they could."""
    while running.run_next():
        pass
    origin.refresh_from_db()
    return origin


def run(workspace: Workspace, text: str, **choices: Any) -> Import:
    return done(make_import(workspace, text, **{"consent_source": "event"} | choices))


def counts(origin: Import) -> dict[str, int]:
    names = ("created", "updated", "skipped", "rejected")
    return {name: getattr(origin, f"{name}_rows") for name in names if getattr(origin, f"{name}_rows")}


def test_rows_become_contacts_with_all_that_was_chosen(workspace: Workspace) -> None:
    group, stage = make_group(workspace), make_stage(workspace)
    text = "Courriel;Nom complet;Pays;Étiquettes\nAda@Example.COM;Ada King Lovelace;France;math, pioneer\n"
    origin = run(workspace, text, groups=[group], stage=stage, tags=["fair"], consent_wording="At the stand")

    contact = Contact.objects.get()
    assert (contact.email, contact.email_key) == ("Ada@example.com", "ada@example.com")
    assert (contact.first_name, contact.last_name, contact.country) == ("Ada", "King Lovelace", "FR")
    assert (contact.stage, contact.origin_id, contact.custom) == (stage, origin.pk, {})
    assert set(Tagging.objects.values_list("tag__name", flat=True)) == {"math", "pioneer", "fair"}
    assert Membership.objects.values_list("group", "source").get() == (group.pk, origin.public_id)
    assert Consent.objects.values_list("source", "wording", "by").get() == ("event", "At the stand", "test")
    assert StageMove.objects.get().to_stage == stage
    assert (origin.status, counts(origin)) == ("done", {"created": 1})
    assert not ImportPart.objects.exists()


def test_bad_rows_are_kept_with_line_and_reason_and_the_others_are_in(workspace: Workspace) -> None:
    long = "x" * 201
    text = "email,first name,country\na@b.org,Ada,\n,Nobody,\nnonsense,,\n"
    text += f"c@d.org,{long},\ne@f.org,E,Mars\ng@h.org,a,b,c\n"
    origin = run(workspace, text)

    assert counts(origin) == {"created": 1, "rejected": 5}
    assert list(RejectedRow.objects.order_by("line").values_list("line", "reason")) == [
        (3, "Email is required"),
        (4, "“nonsense” is not a valid address"),
        (5, "First name has more than 200 characters"),
        (6, "“Mars” is no country: write its name or its code of two letters"),
        (7, "The row has 4 cells, but there are 3 columns"),
    ]
    assert RejectedRow.objects.get(line=7).cells == ["g@h.org", "a", "b", "c"]


@pytest.mark.parametrize(
    ("on_duplicate", "name", "company", "what"),
    [
        ("skip", "Ada", "", {"created": 1, "skipped": 1}),
        ("update", "Augusta", "Engines", {"created": 1, "updated": 1}),
        ("fill", "Ada", "Engines", {"created": 1, "updated": 1}),
    ],
)
def test_known_addresses(workspace: Workspace, on_duplicate: str, name: str, company: str, what: Any) -> None:
    known, group = make_contact(workspace, "ada@example.com", first_name="Ada", phone="1"), make_group(workspace)
    text = "email,first name,company,phone\nADA@example.com,Augusta,Engines,\nnew@example.com,N,,\n"
    origin = run(workspace, text, on_duplicate=on_duplicate, groups=[group])

    known.refresh_from_db()
    assert (known.first_name, known.company, known.phone, known.email) == (name, company, "1", "ada@example.com")
    assert counts(origin) == what
    assert Membership.objects.filter(group=group).count() == 2
    assert Consent.objects.filter(contact=known).exists() == (on_duplicate != "skip")
    changes = {"skip": set(), "update": {"firstName", "company"}, "fill": {"company"}}[on_duplicate]
    assert set(FieldChange.objects.values_list("field", flat=True)) == changes


@pytest.mark.parametrize("chunk", [1, 2, 100])
@pytest.mark.parametrize(
    ("on_duplicate", "name", "company"),
    [("skip", "A", ""), ("update", "C", "X"), ("fill", "A", "X")],
)
def test_the_same_address_twice_in_a_file(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, chunk: int, on_duplicate: str, name: str, company: str
) -> None:
    """Wherever the chunks end: the second row meets what the first one made."""
    monkeypatch.setattr(running, "CHUNK", chunk)
    run(workspace, "email,first name,company\na@b.org,A,\nA@B.org,B,X\na@b.org,C,\n", on_duplicate=on_duplicate)
    contact = Contact.objects.get()
    assert (contact.first_name, contact.company) == (name, company)


def test_new_fields_are_made_on_the_way_and_keep_their_types(workspace: Workspace) -> None:
    text = "email;Taille;Inscrit;Client;Segment\na@b.org;1 200,5;03/04/2026;oui;PME\nc@d.org;;;non;ETI\ne@f.org;x;;;\n"
    names = ("taille", "inscrit", "client", "segment")
    kinds = dict(zip(names, ("number", "date", "checkbox", "dropdown"), strict=True))
    origin = run(
        workspace,
        text,
        mapping=["email", *(f"customFields.{key}" for key in names)],
        new_fields={key: NewField(kind, label=key.title()) for key, kind in kinds.items()},
        day_first=True,
    )
    assert counts(origin) == {"created": 2, "rejected": 1}
    assert CustomField.objects.get(key="segment").options == ["ETI", "PME"]
    custom = Contact.objects.get(email="a@b.org").custom
    assert custom == {"taille": 1200.5, "inscrit": "2026-04-03", "client": True, "segment": "PME"}
    assert RejectedRow.objects.get().reason == "Taille must be: Number"


def test_update_leaves_other_custom_fields(workspace: Workspace) -> None:
    make_field(workspace, "sector")
    known = make_contact(workspace, "a@b.org", custom={"size": "3", "sector": "old"})
    run(workspace, "email,sector\na@b.org,new\n", on_duplicate="update")
    known.refresh_from_db()
    assert known.custom == {"size": "3", "sector": "new"}


def test_doubtful_addresses_are_tagged_or_rejected(workspace: Workspace) -> None:
    text = "email\ninfo@acme.com\nx@yopmail.com\nada@acme.com\n"
    origin = run(workspace, text)
    assert (origin.role_rows, origin.disposable_rows) == (1, 1)
    tags = Tagging.objects.order_by("tag__name").values_list("tag__name", "contact__email")
    assert list(tags) == [("disposable address", "x@yopmail.com"), ("role address", "info@acme.com")]

    again = run(make_workspace("Second"), text, doubtful="reject")
    assert counts(again) == {"created": 1, "rejected": 2}


def test_suppressed_addresses_stay_so(workspace: Workspace) -> None:
    suppression.suppress(workspace=workspace, targets=["a@b.org"], reason="unsubscribed", now=NOW)
    suppression.suppress(workspace=workspace, targets=["closed.com"], kind="domain", now=NOW)
    origin = run(workspace, "email\na@b.org\nx@mail.closed.com\nok@b.org\n")

    assert origin.suppressed_rows == 2
    found = dict(Contact.objects.values_list("email", "status"))
    assert found == {"a@b.org": "unsubscribed", "x@mail.closed.com": "active", "ok@b.org": "active"}
    tagged = Tagging.objects.filter(tag__name="suppressed").values_list("contact__email", flat=True)
    assert set(tagged) == {"a@b.org", "x@mail.closed.com"}


def test_facts_come_in_chunks_and_dynamic_groups_are_told(workspace: Workspace) -> None:
    group = make_group(workspace, kind=GroupKind.DYNAMIC)
    text = "email\n" + "".join(f"p{number}@b.org\n" for number in range(1500))
    with heard(ContactsCreated, GroupJoined) as facts:
        run(workspace, text, groups=[group])
    assert [(type(fact).__name__, len(fact.contact_ids)) for fact in facts] == [
        ("ContactsCreated", 1000),
        ("ContactsCreated", 500),
        ("GroupJoined", 1000),
        ("GroupJoined", 500),
    ]


def test_queries_do_not_grow_with_the_rows(workspace: Workspace) -> None:
    def queries(rows: int, at: str) -> int:
        text = "email,tags\n" + "".join(f"p{number}@{at},a\n" for number in range(rows))
        origin = make_import(workspace, text, groups=[group], tags=["b"], on_duplicate="update")
        with CaptureQueriesContext(connection) as captured:
            done(origin)
        return len(captured)

    group = make_group(workspace)
    queries(1, "x.org")
    assert queries(1, "y.org") == queries(300, "z.org")


# --- consent, limits, states ---


@pytest.mark.parametrize(
    ("choices", "path"),
    [({"certified": False}, "certified"), ({"consent_source": ""}, "consentSource"), ({"tags": [" "]}, "tags.0")],
)
def test_without_consent_nothing_is_imported(workspace: Workspace, choices: dict[str, Any], path: str) -> None:
    with pytest.raises(Invalid) as refused:
        make_import(workspace, **choices)
    assert path in refused.value.details
    assert not running.run_next()
    assert not Contact.objects.exists()


def test_plan_limits_rows_of_a_file() -> None:
    rows = "email\n" + "".join(f"p{number}@b.org\n" for number in range(301))
    with pytest.raises(PlanLimit, match="The Free plan allows 300 rows per import"):
        make_import(make_workspace(plan="free"), rows)
    assert not Import.objects.exists()


def test_plan_limits_contacts_and_the_rest_is_given_back() -> None:
    workspace = make_workspace(plan="free")
    Contact.objects.bulk_create(
        Contact(workspace=workspace, email=f"{number}@b.org", email_key=f"{number}@b.org") for number in range(299)
    )
    origin = run(workspace, "email,first name\n1@b.org,\nnew@b.org,\nmore@b.org,More\n")
    assert counts(origin) == {"created": 1, "skipped": 1, "rejected": 1}
    reject = RejectedRow.objects.get()
    assert (reject.line, reject.cells) == (4, ["more@b.org", "More"])
    assert "The Free plan allows 300 contacts" in reject.reason
    with pytest.raises(PlanLimit):
        make_import(workspace, "email\nx@y.org\n")


def test_an_import_starts_once(workspace: Workspace) -> None:
    origin = make_import(workspace, tags=["x"])
    with pytest.raises(Conflict):
        lifecycle.start(
            origin,
            choices=lifecycle.Choices(mapping=origin.mapping, consent_source="event", certified=True),
            by="test",
            now=NOW,
        )


def test_upload_that_cannot_start_leaves_nothing(workspace: Workspace) -> None:
    def choose(origin: Import) -> lifecycle.Choices:
        return lifecycle.Choices(mapping=origin.mapping, consent_source="event", certified=False)

    with pytest.raises(Invalid):
        lifecycle.upload_and_start(
            workspace=workspace, content=io.BytesIO(b"email\na@b.org\n"), name="x", choose=choose, by="test", now=NOW
        )
    assert not Import.objects.exists()


# --- workers ---

TEXT = "email\n" + "".join(f"p{number}@b.org\n" for number in range(10))


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "CHUNK", 3)


def stop_after(number: int) -> Callable[[Import], None]:
    """What a worker does that dies after so many chunks."""
    steps: Iterator[int] = iter(range(number))

    def watch(origin: Import) -> None:
        if next(steps, None) is None:
            raise KeyboardInterrupt

    return watch


@pytest.mark.usefixtures("small_chunks")
def test_next_worker_goes_on_where_one_died(workspace: Workspace) -> None:
    origin = make_import(workspace, TEXT, tags=["x"])
    with pytest.raises(KeyboardInterrupt):
        running.run(origin, watch=stop_after(1))
    origin.refresh_from_db()
    assert (origin.status, origin.done_rows, Contact.objects.count()) == ("running", 6, 6)

    assert not running.run_next()
    assert not running.due(timezone.now())
    Import.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert running.due(timezone.now())
    assert counts(done(origin)) == {"created": 10}


@pytest.mark.usefixtures("small_chunks")
def test_late_worker_writes_nothing_more(workspace: Workspace) -> None:
    origin = make_import(workspace, TEXT, tags=["x"])

    def lose(late: Import) -> None:
        Import.objects.filter(pk=late.pk).update(fence=late.fence + 1)

    running.run(origin, watch=lose)
    origin.refresh_from_db()
    assert (origin.status, origin.done_rows, Contact.objects.count()) == ("running", 3, 3)


@pytest.mark.usefixtures("small_chunks")
def test_cancelled_import_stops_and_keeps_what_is_in(workspace: Workspace) -> None:
    origin = make_import(workspace, TEXT, tags=["x"])
    running.run(origin, watch=lambda now: lifecycle.cancel(Import.objects.get(), by="test", now=timezone.now()))
    origin.refresh_from_db()
    assert (origin.status, origin.done_rows, Contact.objects.count()) == ("cancelled", 3, 3)
    assert not ImportPart.objects.exists()


@pytest.mark.usefixtures("small_chunks")
def test_slices_end_in_time_and_the_next_begins_at_once(workspace: Workspace) -> None:
    origin = make_import(workspace, TEXT, tags=["x"])
    running.run(origin, seconds=-1)
    origin.refresh_from_db()
    assert (origin.done_rows, running.due(timezone.now() + timedelta(seconds=1))) == (3, True)
    assert counts(done(origin)) == {"created": 10}


@pytest.mark.usefixtures("small_chunks")
def test_line_that_cannot_be_read_ends_it_behind_the_chunks_before(workspace: Workspace) -> None:
    origin = make_import(workspace, TEXT, tags=["x"])
    part = ImportPart.objects.get()
    ImportPart.objects.update(content=bytes(part.content) + b'"never closed')
    done(origin)
    assert (origin.status, origin.done_rows, Contact.objects.count()) == ("failed", 9, 9)
    assert origin.error == "The quote that begins on line 12 is never closed."


@pytest.mark.usefixtures("small_chunks")
def test_reasons_are_in_the_language_of_the_worker(workspace: Workspace) -> None:
    with translation.override("fr"):
        run(workspace, "email\n" + "nonsense\n" * 4)
    reasons = set(RejectedRow.objects.values_list("reason", flat=True))
    assert reasons == {"«\u00a0nonsense\u00a0» n’est pas une adresse valide"}


@pytest.mark.usefixtures("small_chunks")
def test_address_that_is_suppressed_meanwhile_is_marked(workspace: Workspace) -> None:
    origin = make_import(workspace, TEXT, tags=["x"])

    def suppress(_origin: Import) -> None:
        suppression.suppress(workspace=workspace, targets=["p4@b.org"], now=NOW)

    running.run(origin, watch=suppress)
    assert Tagging.objects.get(tag__name="suppressed").contact.email == "p4@b.org"


def test_import_that_never_gets_on_is_given_up(workspace: Workspace) -> None:
    origin = make_import(workspace, TEXT, tags=["x"])
    Import.objects.update(attempts=running.MAX_ATTEMPTS)
    done(origin)
    assert (origin.status, Contact.objects.count()) == ("failed", 0)
    assert origin.error == "The import stopped at row 1, whatever was tried. The rows before it are in."


def test_contact_made_by_somebody_else_meanwhile_is_a_known_one(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    origin = make_import(workspace, TEXT, tags=["x"])
    make_contact(workspace, "p5@b.org")
    assert counts(done(origin)) == {"created": 9, "skipped": 1}


# --- undo ---


def test_undo_takes_back_whom_nobody_touched(workspace: Workspace) -> None:
    kept = make_contact(workspace, "p0@b.org")
    campaign = make_running(workspace, make_email_node(), people=0)
    origin = run(workspace, TEXT, groups=[make_group(workspace)], tags=["x"], on_duplicate="update")
    made = {contact.email: contact for contact in Contact.objects.exclude(pk=kept.pk)}
    now = timezone.now()
    people.update(made["p1@b.org"], draft={"firstName": "New"}, by="test", now=now)
    grouping.add(group=make_group(workspace), contact_ids=[made["p2@b.org"].pk], now=now)
    consents.record(made["p3@b.org"], basis=consents.Basis("referral"), by="test", now=now)
    make_sent(make_enrolment(campaign, made["p4@b.org"]))
    make_enrolment(campaign, made["p5@b.org"])

    lifecycle.undo(origin, by="test", now=now)
    done(origin)
    assert (origin.status, origin.undone_contacts) == ("undone", 5)
    left = set(Contact.objects.values_list("email", flat=True))
    assert left == {"p0@b.org", "p1@b.org", "p2@b.org", "p3@b.org", "p4@b.org"}


def test_undo_is_for_a_day(workspace: Workspace) -> None:
    origin = run(workspace, TEXT)
    assert lifecycle.may_undo(origin, timezone.now())
    with pytest.raises(Conflict):
        lifecycle.undo(origin, by="test", now=timezone.now() + timedelta(days=1))


def test_old_drafts_and_rejected_rows_are_forgotten(workspace: Workspace) -> None:
    draft = make_import(workspace)
    run(workspace, "email\nbad\n")
    assert RejectedRow.objects.count() == 1
    running.forget(now=timezone.now() + timedelta(days=2))
    draft.refresh_from_db()
    assert (draft.status, RejectedRow.objects.count()) == ("cancelled", 1)
    running.forget(now=timezone.now() + timedelta(days=31))
    assert not RejectedRow.objects.exists()
