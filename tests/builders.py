"""Plain functions that make rows with sensible defaults; a test names only what it is about."""

import io
from datetime import UTC, datetime
from itertools import count, pairwise
from typing import Any

from campaigns import engine, settling
from campaigns.enums import CampaignStatus, MessageState
from campaigns.models import (
    Campaign,
    CampaignAccount,
    CampaignTotal,
    Claim,
    Enrolment,
    Link,
    Message,
    WorkflowDraft,
    WorkflowVersion,
)
from campaigns.settling import Held
from contacts import addresses
from contacts.importing import lifecycle as lifecycle_of_imports
from contacts.importing.lifecycle import Choices
from contacts.models import Contact, CustomField, Group, Import, Membership, PipelineStage
from fluenzr.core import clock
from fluenzr.mailboxes.enums import Channel, Provider
from fluenzr.mailboxes.models import Account
from fluenzr.mailboxes.transports.base import Outcome, Receipt
from fluenzr.workspaces import keys
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.models import ApiKey, Member, User, Workspace
from tracking.models import RawHit

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)  # a Monday
PASSWORD = "correct horse"
_numbers = count(1)


def make_user(email: str = "", password: str = PASSWORD, **fields: Any) -> User:
    return User.objects.create_user(email or f"user{next(_numbers)}@example.com", password, **fields)


def make_workspace(name: str = "Acme", plan: str = "pro", **fields: Any) -> Workspace:
    return Workspace.objects.create(name=name, plan=plan, **fields)


def make_member(workspace: Workspace, role: str = Role.OWNER, user: User | None = None) -> Member:
    return Member.objects.create(workspace=workspace, user=user or make_user(), role=role)


def make_key(workspace: Workspace, name: str = "Zapier", **options: Any) -> tuple[ApiKey, str]:
    return keys.issue(workspace=workspace, name=name, by="test", now=NOW, **options)


def make_contact(workspace: Workspace, email: str | None = "", **fields: Any) -> Contact:
    if email == "":
        email = f"contact{next(_numbers)}@example.com"
    return Contact.objects.create(workspace=workspace, email=email, email_key=email and email.lower(), **fields)


def make_import(workspace: Workspace, text: str = "", name: str = "leads.csv", **choices: Any) -> Import:
    """A draft of a CSV file; started with the consent of an event when there are `choices`."""
    content = io.BytesIO((text or "Email,First name\nada@example.com,Ada\n").encode())
    origin = lifecycle_of_imports.upload(workspace=workspace, content=content, name=name, by="test", now=NOW)
    if choices:
        given = {"mapping": origin.mapping, "consent_source": "event", "certified": True} | choices
        lifecycle_of_imports.start(origin, choices=Choices(**given), by="test", now=NOW)
    return origin


def make_group(workspace: Workspace, name: str = "", members: tuple[Contact, ...] = (), **fields: Any) -> Group:
    group = Group.objects.create(workspace=workspace, name=name or f"Group {next(_numbers)}", **fields)
    rows = [Membership(workspace=workspace, group=group, contact=contact, added_at=NOW) for contact in members]
    Membership.objects.bulk_create(rows)
    return group


def make_stage(workspace: Workspace, name: str = "", **fields: Any) -> PipelineStage:
    return PipelineStage.objects.create(workspace=workspace, name=name or f"Stage {next(_numbers)}", **fields)


def make_field(workspace: Workspace, key: str, kind: str = "text", **fields: Any) -> CustomField:
    return CustomField.objects.create(workspace=workspace, key=key, label=fields.pop("label", key), kind=kind, **fields)


def make_account(workspace: Workspace, email: str = "", **fields: Any) -> Account:
    """A sandbox account: it sends without a server."""
    fields = {"channel": Channel.SANDBOX, "provider": Provider.SANDBOX} | fields
    return Account.objects.create(workspace=workspace, email=email or f"me{next(_numbers)}@acme.example", **fields)


def make_workflow(*steps: dict[str, Any]) -> dict[str, Any]:
    """A document with the steps in a row between start and end; each is a node without its edges."""
    nodes = [{"id": "start", "type": "start"}, *steps, {"id": "end", "type": "end"}]
    edges = [{"from": one["id"], "to": two["id"]} for one, two in pairwise(nodes)]
    return {"nodes": nodes, "edges": edges}


def make_email_node(name: str = "mail_1", **data: Any) -> dict[str, Any]:
    return {"id": name, "type": "email", "data": {"subject": f"Subject of {name}", "body": "Hello"} | data}


def make_campaign(
    workspace: Workspace, workflow: dict[str, Any] | None = None, account: Account | None = None, **fields: Any
) -> Campaign:
    """A draft with one mail (or the given workflow), published, with its lane; status and the like as given."""
    graph = workflow or make_workflow(make_email_node())
    fields = {"name": f"Campaign {next(_numbers)}", "timezone": "Europe/Paris"} | fields
    campaign = Campaign.objects.create(workspace=workspace, **fields)
    CampaignTotal.objects.create(workspace=workspace, campaign=campaign)
    CampaignAccount.objects.create(workspace=workspace, campaign=campaign, account=account or make_account(workspace))
    WorkflowDraft.objects.create(workspace=workspace, campaign=campaign, graph=graph)
    campaign.version = WorkflowVersion.objects.create(workspace=workspace, campaign=campaign, number=1, graph=graph)
    campaign.save(update_fields=["version"])
    return campaign


def make_running(
    workspace: Workspace, *steps: dict[str, Any], people: int = 1, account: Account | None = None, **fields: Any
) -> Campaign:
    """A campaign that runs since NOW, around the clock and without limits, with people at its entry."""
    around_the_clock = {"send_days": list(clock.DAY_NAMES), "send_hours_start": 0, "send_hours_end": 24}
    fields = {"status": CampaignStatus.ACTIVE, "max_emails_per_hour": None} | around_the_clock | fields
    campaign = make_campaign(workspace, make_workflow(*(steps or (make_email_node(),))), account, **fields)
    for _number in range(people):
        make_enrolment(campaign, version=None)
    engine.begin(campaign, now=NOW)
    return campaign


def accept(message: Message, at: datetime = NOW) -> None:
    """Have the server take a planned message at that time, as a sender would settle it."""
    message.state, message.sending_at = MessageState.SENDING, at
    message.save(update_fields=["state", "sending_at"])
    settling.settle(Held(message, message.fence), Receipt(message.pk, Outcome.ACCEPTED, 250), now=at)


def make_enrolment(campaign: Campaign, contact: Contact | None = None, **fields: Any) -> Enrolment:
    fields = {"added_at": NOW, "seed": next(_numbers), "version": campaign.version} | fields
    contact = contact or make_contact(campaign.workspace)
    return Enrolment.objects.create(workspace=campaign.workspace, campaign=campaign, contact=contact, **fields)


def make_claim(message: Message, lease_until: datetime) -> Claim:
    """Have the message's owner hold it until then."""
    claim = Claim.objects.create(account_id=message.account_id, owner=message.owner, lease_until=lease_until)
    Message.objects.filter(pk=message.pk).update(claim=claim)
    return claim


def make_message(enrolment: Enrolment, node: str = "mail_1", **fields: Any) -> Message:
    """A queued mail of the sequence; state and the like as given."""
    lane = CampaignAccount.objects.filter(campaign=enrolment.campaign).select_related("account").order_by("position")[0]
    fields = {"not_before": NOW, "message_id": f"{next(_numbers)}@acme.example"} | fields
    return Message.objects.create(
        workspace=enrolment.workspace,
        campaign=enrolment.campaign,
        enrolment=enrolment,
        contact=enrolment.contact,
        account=lane.account,
        version=enrolment.version,
        node=node,
        recipient=enrolment.contact.email,
        recipient_hash="0" * 64,
        **fields,
    )


def make_sent(enrolment: Enrolment, node: str = "mail_1", **fields: Any) -> Message:
    """A mail of the sequence that its server took at NOW."""
    message = make_message(enrolment, node, **fields)
    message.state, message.sent_at, message.sending_at = MessageState.SENT, NOW, NOW
    message.recipient_hash = addresses.address_hash(message.recipient)
    message.save(update_fields=["state", "sent_at", "sending_at", "recipient_hash"])
    return message


def make_link(message: Message, index: int, url: str) -> Link:
    """What link number `index` of the message's node leads to."""
    return Link.objects.create(
        workspace=message.workspace, version=message.version, node=message.node, index=index, url=url
    )


def make_hit(message: Message, kind: str = "open", at: datetime = NOW, agent: str = "", **fields: Any) -> RawHit:
    """A request to a tracking address of the message, by an ordinary browser unless said otherwise."""
    agent = agent or "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0"
    fields = {"ip": "203.0.113.7", "method": "GET"} | fields
    return RawHit.objects.create(kind=kind, message=message.pk, at=at, user_agent=agent, **fields)
