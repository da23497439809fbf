"""Every list takes as many queries for three rows as for one."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

import pytest
from django.test import Client

from campaigns import snippets
from campaigns.models import WorkflowVersion
from contacts import consents, notes, tagging, todo
from contacts.consents import Basis
from contacts.enums import ConsentSource, ImportStatus
from contacts.models import Import, RejectedRow, Segment, Suppression
from fluenzr.mailboxes.models import Account, SandboxMail
from fluenzr.workspaces.models import Member, SavedView, Workspace
from tests import pages
from tests.builders import (
    NOW,
    accept,
    make_account,
    make_campaign,
    make_contact,
    make_email_node,
    make_enrolment,
    make_field,
    make_group,
    make_import,
    make_key,
    make_member,
    make_message,
    make_running,
    make_stage,
)
from tests.clients import signed_in
from tests.counting import queries_of
from tracking.models import Conversation

pytestmark = pytest.mark.django_db
# A page that asks more often does not know what it wants.
MOST = 30
# How much longer a page gets by two rows, at the least.
TWO_ROWS = 60
_numbers = count(1)


class Place:
    """A workspace with one of what lists belong to; each method adds one row to a list."""

    def __init__(self, owner: Member) -> None:
        self.owner = owner
        self.workspace: Workspace = owner.workspace
        self.account: Account = make_account(self.workspace)
        self.campaign = make_running(self.workspace, make_email_node(), people=0, account=self.account)
        self.contact = make_contact(self.workspace)
        self.group = make_group(self.workspace)
        self.stage = make_stage(self.workspace)
        self.segment: Segment = self.workspace.segments.create(
            name="Acme", rules={"all": [{"field": "company", "operator": "is", "value": "Acme"}]}
        )
        self.origin: Import = make_import(self.workspace)
        Import.objects.filter(pk=self.origin.pk).update(status=ImportStatus.DONE)

    @property
    def parts(self) -> dict[str, str]:
        """What stands in the paths for each name of an id."""
        return {
            "campaign_id": self.campaign.public_id,
            "contact_id": self.contact.public_id,
            "group_id": self.group.public_id,
            "segment_id": self.segment.public_id,
            "import_id": self.origin.public_id,
        }

    def campaigns(self) -> None:
        make_running(self.workspace, account=self.account)

    def people(self) -> None:
        make_message(make_enrolment(self.campaign))

    def events(self) -> None:
        accept(make_message(make_enrolment(self.campaign)))

    def versions(self) -> None:
        number = WorkflowVersion.objects.filter(campaign=self.campaign).count() + 1
        WorkflowVersion.objects.create(
            workspace=self.workspace, campaign=self.campaign, number=number, graph=self.campaign.draft.graph
        )

    def snippets(self) -> None:
        snippets.create(workspace=self.workspace, name=f"Offer {next(_numbers)}", body="Hello", by="test", now=NOW)

    def contacts(self) -> None:
        contact = make_contact(
            self.workspace, company="Acme", stage=self.stage, stage_at=NOW, deal_value=5, owner=self.owner.user
        )
        tagging.add(workspace=self.workspace, names={contact.pk: ["vip", "new"]}, now=NOW)

    def companies(self) -> None:
        make_contact(self.workspace, f"ada@company{next(_numbers)}.example", company="Company")

    def groups(self) -> None:
        make_group(self.workspace, members=(make_contact(self.workspace),))

    def members_of_group(self) -> None:
        self.group.memberships.create(workspace=self.workspace, contact=make_contact(self.workspace), added_at=NOW)

    def segments(self) -> None:
        rules = {"all": [{"field": "groups", "operator": "has_any", "value": [self.group.public_id]}]}
        self.workspace.segments.create(name=f"Segment {next(_numbers)}", rules=rules)

    def tags(self) -> None:
        name = f"tag {next(_numbers)}"
        tagging.add(workspace=self.workspace, names={make_contact(self.workspace).pk: [name]}, now=NOW)

    def imports(self) -> None:
        make_import(self.workspace)

    def rejected_rows(self) -> None:
        RejectedRow.objects.create(
            workspace=self.workspace, origin=self.origin, line=2, reason="No address", cells=["Ada"]
        )

    def suppressions(self) -> None:
        number = next(_numbers)
        Suppression.objects.create(workspace=self.workspace, target=f"{number}.org", target_hash=f"{number:064}")

    def consents(self) -> None:
        consents.add(self.contact, basis=Basis(source=ConsentSource.EVENT), by="test", now=NOW)

    def notes(self) -> None:
        notes.write(self.contact, text="Called", by="test", now=NOW)
        todo.add(self.contact, text="Call", owner=self.owner.user, due=None, by="test", now=NOW)

    def stages(self) -> None:
        make_stage(self.workspace)

    def fields(self) -> None:
        make_field(self.workspace, f"field_{next(_numbers)}")

    def accounts(self) -> None:
        make_account(self.workspace)

    def sandbox(self) -> None:
        SandboxMail.objects.create(
            workspace=self.workspace, account=self.account, recipient="ada@x.org", raw=pages.MAIL, received_at=NOW
        )

    def members(self) -> None:
        make_member(self.workspace)

    def invitations(self) -> None:
        self.workspace.invitations.create(
            email=f"ann{next(_numbers)}@x.org", role="member", inviter=self.owner, sent_at=NOW, expires_at=NOW
        )

    def keys(self) -> None:
        make_key(self.workspace, created_by=self.owner.user)

    def views(self) -> None:
        SavedView.objects.create(
            workspace=self.workspace, page="contacts:list", name=f"View {next(_numbers)}", query="status=active"
        )

    def matters(self) -> None:
        contact = make_contact(self.workspace)
        campaign = make_campaign(self.workspace, account=self.account, status="paused")
        accept(make_message(make_enrolment(self.campaign, contact)))
        todo.add(contact, text="Call", owner=self.owner.user, due=None, by="test", now=NOW)
        Conversation.objects.create(
            workspace=self.workspace,
            account=self.account,
            contact=contact,
            campaign=campaign,
            preview="Yes.",
            last_at=NOW,
        )


@dataclass(frozen=True)
class Shown:
    """A route, and what adds a row to the list there."""

    route: str
    more: Callable[[Place], None]


LISTS = [
    Shown("", Place.matters),
    Shown("campaigns/", Place.campaigns),
    Shown("campaigns/<campaign_id>/contacts", Place.people),
    Shown("campaigns/<campaign_id>/activity", Place.events),
    Shown("campaigns/<campaign_id>/workflow/versions", Place.versions),
    Shown("campaigns/snippets", Place.snippets),
    Shown("contacts/", Place.contacts),
    Shown("contacts/", Place.views),
    Shown("contacts/companies/", Place.companies),
    Shown("contacts/<contact_id>/", Place.notes),
    Shown("contacts/<contact_id>/privacy", Place.consents),
    Shown("groups/", Place.groups),
    Shown("groups/<group_id>/", Place.members_of_group),
    Shown("groups/<group_id>/add", Place.contacts),
    Shown("segments/", Place.segments),
    Shown("segments/<segment_id>/", Place.contacts),
    Shown("tags/", Place.tags),
    Shown("imports/", Place.imports),
    Shown("imports/<import_id>/", Place.rejected_rows),
    Shown("suppressions/", Place.suppressions),
    Shown("pipeline/", Place.contacts),
    Shown("pipeline/stages/", Place.stages),
    Shown("pipeline/statistics", Place.stages),
    Shown("settings/fields", Place.fields),
    Shown("settings/members", Place.members),
    Shown("settings/members", Place.invitations),
    Shown("settings/api-keys", Place.keys),
    Shown("accounts/", Place.accounts),
    Shown("sandbox/", Place.sandbox),
]


@pytest.fixture
def client(owner: Member) -> Client:
    return signed_in(owner)


@pytest.mark.parametrize("shown", LISTS, ids=lambda shown: f"{shown.route or 'home'}:{shown.more.__name__}")
def test_list_takes_as_many_queries_for_three_rows_as_for_one(client: Client, owner: Member, shown: Shown) -> None:
    place = Place(owner)
    path = pages.path_of(shown.route, place.parts)
    shown.more(place)
    short = client.get(path)  # also fills what is read once a process
    one = queries_of(client, path)
    shown.more(place)
    shown.more(place)

    assert queries_of(client, path) == one
    assert one <= MOST
    assert len(client.get(path).content) >= len(short.content) + TWO_ROWS


def test_every_page_with_a_list_is_tried(client: Client, workspace: Workspace) -> None:
    parts = pages.fill(workspace)
    routes = pages.routes()
    with_list = {route for route in routes if b'id="list"' in _content(client, pages.path_of(route, parts))}

    assert with_list - {shown.route for shown in LISTS} == set()
    assert len(with_list) >= 15


def _content(client: Client, path: str) -> bytes:
    """Return a page; of a file that streams nothing."""
    answer = client.get(path)
    return b"" if answer.streaming else bytes(answer.content)
