"""An import that asks the DNS about the domains of its addresses."""

import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from contacts.models import Contact, Import, RejectedRow, Tagging
from fluenzr.core import exchanges
from fluenzr.workspaces.models import Member, Workspace
from tests.builders import make_contact, make_import
from tests.clients import ApiClient, signed_in
from tests.contacts.importing.test_importing import counts, done, run
from tests.contacts.views.test_imports import CONSENT
from tests.dns_servers import SILENCE, Zone, serving

pytestmark = pytest.mark.django_db
FILE = "email,first name\nada@good.example,Ada\nbob@gone.example,Bob\ncy@slow.example,Cy\nada2@good.example,Ada\n"


@pytest.fixture(autouse=True)
def zone(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Zone]:
    monkeypatch.setattr(exchanges, "_PATIENCE", 0.1)
    exchanges._known.cache_clear()
    exchanges._resolver.cache_clear()
    with serving(Zone(words={"slow.example": SILENCE})) as zone:
        zone.records["good.example", "MX"] = ["10 mx.good.example."]
        settings.DNS_SERVERS = [("127.0.0.1", zone.port)]
        yield zone


def tags() -> dict[str, str]:
    return dict(Tagging.objects.values_list("contact__email", "tag__name"))


def test_domains_without_mail_and_unchecked_ones_are_marked_and_counted(workspace: Workspace, zone: Zone) -> None:
    origin = run(workspace, FILE, check_mx=True)
    assert (counts(origin), origin.no_mail_rows, origin.unchecked_rows) == ({"created": 4}, 1, 1)
    assert tags() == {"bob@gone.example": "domain without mail", "cy@slow.example": "domain not checked"}
    assert zone.asked.count(("good.example", "MX")) == 1


def test_domains_without_mail_are_rejected_like_other_doubtful_ones(workspace: Workspace) -> None:
    origin = run(workspace, FILE, check_mx=True, doubtful="reject")
    assert (counts(origin), origin.no_mail_rows) == ({"created": 3, "rejected": 1}, 0)
    row = RejectedRow.objects.get()
    assert (row.line, row.reason, row.cells) == (
        3,
        "The domain of the address takes no mail",
        ["bob@gone.example", "Bob"],
    )
    assert tags() == {"cy@slow.example": "domain not checked"}


def test_known_contacts_are_marked_when_they_are_updated(workspace: Workspace) -> None:
    make_contact(workspace, "bob@gone.example")
    run(workspace, FILE, check_mx=True, on_duplicate="update")
    assert tags()["bob@gone.example"] == "domain without mail"


def test_nobody_is_asked_unless_it_was_chosen(workspace: Workspace, zone: Zone) -> None:
    run(workspace, FILE)
    assert (zone.asked, tags()) == ([], {})


def test_a_resolver_that_is_away_stops_no_import(workspace: Workspace, zone: Zone) -> None:
    zone.words |= dict.fromkeys(("good.example", "gone.example"), SILENCE)
    origin = run(workspace, FILE, check_mx=True)
    assert (origin.status, counts(origin), origin.unchecked_rows) == ("done", {"created": 4}, 4)


# --- the doors ---


def test_it_is_chosen_on_the_page_and_shown_in_the_report(teammate: Member, workspace: Workspace) -> None:
    client: Client = signed_in(teammate)
    origin = make_import(workspace, FILE)
    page = f"/imports/{origin.public_id}/"
    assert "Ask whether the domains take mail" in client.get(page).content.decode()
    columns = {"column_0": "email", "column_1": "firstName"}
    client.post(page, {**CONSENT, **columns, "act": "start", "check_mx": "on"})
    done(origin)
    assert "Domains without mail" in client.get(page).content.decode()


def test_it_is_chosen_over_the_api(api: ApiClient) -> None:
    body = {"text": FILE, "consentSource": "event", "certified": True, "checkMx": True}
    made = api.post("/imports", body).json()["data"]
    done(Import.objects.get())
    rows = api.get(f"/imports/{made['id']}").json()["data"]["rows"]
    assert (rows["created"], rows["noMail"], rows["unchecked"]) == (4, 1, 1)
    assert Contact.objects.count() == 4


def test_it_is_chosen_by_the_operator(workspace: Workspace, tmp_path: Path) -> None:
    file, out = tmp_path / "leads.csv", StringIO()
    file.write_text(FILE)
    options = ("--consent", "event", "--certify", "--check-mx", "--json")
    call_command("import_contacts", str(file), "--workspace", workspace.public_id, *options, stdout=out)
    report = json.loads(out.getvalue())
    assert (report["created"], report["noMail"], report["unchecked"]) == (4, 1, 1)
