"""The pages of docs/api are run: what they print is what the API answers, and no endpoint is without its page.

`WRITE_DOCS=1` writes the answers into the pages instead.
"""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.urls import resolve

from campaigns.models import Campaign, CampaignTotal, Event, Tally
from campaigns.models.event import ALL_TIME
from contacts import stages
from contacts.importing import running
from contacts.models import Contact
from fluenzr.api.v1 import urls
from fluenzr.api.v1.resource import Unknown
from fluenzr.workspaces.models import Workspace
from tests import builders, documents
from tests.clients import ApiClient
from tests.documents import Reader

DOCS = Path(__file__).parents[2] / "docs"
REFERENCE = sorted((DOCS / "api").glob("*.md"))
START = datetime(2025, 1, 16, 9, 0, tzinfo=UTC)
BROWSER = {"userAgent": "Mozilla/5.0...", "ip": "192.168.1.1"}


def numbers() -> None:
    """Let the one campaign have run as the worked example of the documents did."""
    campaign, contact = Campaign.objects.get(), Contact.objects.get()
    Campaign.objects.update(status="active", started_at=START)
    totals = {"sent": 450, "opened": 178, "clicked": 45, "replied": 23, "bounced": 5, "unsubscribed": 3}
    CampaignTotal.objects.update(contacts=500, emails_sent=800, **totals)
    common = {"workspace": campaign.workspace, "campaign": campaign}
    whole = {"node_2": totals | {"replied": 15}, "node_4": {"sent": 350, "opened": 98, "clicked": 12, "replied": 8}}
    for node, counts in whole.items():
        Tally.objects.create(node=node, slot=ALL_TIME, **common, **counts)
    for day, (sent, opened, replied) in enumerate(((50, 18, 2), (75, 28, 4))):
        slot = START + timedelta(days=day)
        Tally.objects.create(node="node_2", slot=slot, sent=sent, opened=opened, replied=replied, **common)
    told = {"replySubject": "Re: John, quick question", "replyPreview": "Yes, call me on Thursday."}
    for hour, (kind, metadata) in enumerate((("sent", {}), ("opened", BROWSER), ("replied", told))):
        at = START + timedelta(hours=hour)
        Event.objects.create(type=kind, contact=contact, node="node_2", at=at, metadata=metadata, **common)


def imports() -> None:
    """Let the workers do what waits."""
    while running.run_next():
        pass


def colleagues() -> None:
    """Let somebody be a member of the workspace."""
    builders.make_member(Workspace.objects.get(), user=builders.make_user("grace@acme.example", name="Grace Hopper"))


@pytest.fixture
def reader(workspace: Workspace, api: ApiClient) -> Reader:
    stages.create_defaults(workspace.pk)
    return Reader(api, given={"numbers": numbers, "imports": imports, "colleagues": colleagues})


@pytest.mark.parametrize("page", REFERENCE, ids=lambda page: page.stem)
def test_page_prints_what_the_api_answers(page: Path, reader: Reader) -> None:
    printed = page.read_text()
    answered = reader.read(printed)
    if os.environ.get("WRITE_DOCS"):
        page.write_text(answered)
        return
    assert answered == printed


def endpoints() -> set[tuple[str, type]]:
    """Every method of every address of the API."""
    views = {pattern.callback.view_class for pattern in urls.urlpatterns} - {Unknown}
    return {(name, view) for view in views for name in ("get", "post", "put", "delete") if hasattr(view, name)}


def test_every_endpoint_has_its_example() -> None:
    asked = [request for page in REFERENCE for request in documents.requests(page.read_text())]
    documented = {(method.lower(), resolve(path.partition("?")[0]).func.view_class) for method, path in asked}
    assert documented == endpoints()


def test_every_page_is_in_the_index() -> None:
    index = (DOCS / "api" / "index.md").read_text()
    assert [page.name for page in REFERENCE if page.stem != "index" and f"({page.name})" not in index] == []
