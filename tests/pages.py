"""Every page of the site, out of the URL configuration, so that a new one is tried without being named anywhere."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from campaigns import attachments, snippets
from campaigns.models import Message
from contacts import notes, tagging, todo
from contacts.models import Contact, Segment, Suppression, Tag
from fluenzr.mailboxes.models import SandboxMail
from fluenzr.workspaces.models import Invitation, SavedView, Workspace
from tests.builders import (
    NOW,
    accept,
    make_account,
    make_contact,
    make_email_node,
    make_field,
    make_group,
    make_import,
    make_key,
    make_member,
    make_running,
    make_stage,
)
from tracking.models import Conversation

# Doors of their own, each tested beside its source: the API, the admin, probes, and what strangers hold a token of.
OTHER_DOORS = ("v1", "admin/", "healthz", "readyz", "t/", "invitations/", "confirm-email/", "password/")
# Ends the session, or begins something that only its own form leads to.
WITH_A_STEP_BEFORE = {"sign-out", "sign-in/code", "sign-in/passkey", "settings/security/codes/file"}
# Keys of passkeys belong to the person, and are tried by the tests of accounts.
OF_THE_PERSON = "settings/security/passkeys/<"
MAIL = (
    b"From: me@acme.example\r\nTo: jane@acme.example\r\nSubject: Intro\r\n\r\nHello Jane, see https://acme.example/\r\n"
)


def routes() -> list[str]:
    """Return the paths of all pages, with `<name>` where an id stands."""
    found = (path.removeprefix("^") for path in _walk(get_resolver().url_patterns, ""))
    return [
        re.sub(r"<(?:\w+:)?(\w+)>", r"<\1>", path)
        for path in found
        if not path.startswith((*OTHER_DOORS, OF_THE_PERSON)) and path not in WITH_A_STEP_BEFORE
    ]


def _walk(patterns: list[Any], before: str) -> Iterator[str]:
    for pattern in patterns:
        path = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern):
            yield path


def fill(workspace: Workspace) -> dict[str, str]:
    """Put some of everything into a workspace; return one value for each name that routes give a part of a path."""
    account = make_account(workspace)
    campaign = make_running(workspace, make_email_node(), people=3, account=account, name="Spring offer to new leads")
    for enrolment in campaign.enrolments.all()[:2]:
        message = Message.objects.filter(enrolment=enrolment).first()
        if message is not None:
            accept(message)
    contact = make_contact(workspace, "jane.doe.of.a.long.name@subsidiary.acme.example", first_name="Jane")
    mail = SandboxMail.objects.create(
        workspace=workspace, account=account, recipient="jane@acme.example", subject="Intro", raw=MAIL, received_at=NOW
    )
    return {
        "campaign_id": campaign.public_id,
        "contact_id": contact.public_id,
        "group_id": make_group(workspace, "Newsletter", members=(contact,)).public_id,
        "suppression_id": Suppression.objects.create(
            workspace=workspace, target="x.org", target_hash="0" * 64
        ).public_id,
        "task_id": todo.add(contact, text="Call", owner=None, due=None, by="test", now=NOW).public_id,
        "note_id": notes.write(contact, text="Met in Lyon", by="test", now=NOW).public_id,
        "stage_id": make_stage(workspace, "Proposal").public_id,
        "import_id": make_import(workspace).public_id,
        "field_id": make_field(workspace, "size", "dropdown", label="Size", options=["S", "M"]).public_id,
        "tag_id": _tag(contact).public_id,
        "segment_id": _segment(workspace).public_id,
        "account_id": account.public_id,
        "key_id": make_key(workspace)[0].public_id,
        "member_id": make_member(workspace, "member").public_id,
        "invitation_id": _invitation(workspace).public_id,
        "view_id": SavedView.objects.create(workspace=workspace, page="contacts:list", name="Alive").public_id,
        "conversation_id": Conversation.objects.create(
            workspace=workspace, account=account, contact=contact, campaign=campaign, preview="Yes.", last_at=NOW
        ).public_id,
        "workspace_id": workspace.public_id,
        "mail": mail.public_id,
        "snippet_id": snippets.create(workspace=workspace, name="Offer", body="Hello", by="test", now=NOW).public_id,
        "attachment_id": attachments.add(workspace=workspace, name="offer.txt", content=b"Offer").public_id,
        "kind": "variables",
        "number": "1",
    }


def _tag(contact: Contact) -> Tag:
    tagging.add(workspace=contact.workspace, names={contact.pk: ["vip"]}, now=NOW)
    tag: Tag = contact.workspace.tags.get(name="vip")
    return tag


def _segment(workspace: Workspace) -> Segment:
    rules = {"all": [{"field": "company", "operator": "is_blank"}, {"field": "sent", "operator": "never"}]}
    segment: Segment = workspace.segments.create(name="Without a company, and not written to yet", rules=rules)
    return segment


def _invitation(workspace: Workspace) -> Invitation:
    inviter = make_member(workspace)
    times = {"sent_at": NOW, "expires_at": NOW + timedelta(days=7)}
    invitation: Invitation = workspace.invitations.create(
        email="ann@acme.example", role="member", inviter=inviter, **times
    )
    return invitation


def path_of(route: str, parts: dict[str, str]) -> str:
    """Return the path of a route; a name that `fill` does not know raises KeyError."""
    return "/" + re.sub(r"<(\w+)>", lambda found: parts[found[1]], route)


def is_page(answer: Any) -> bool:
    """Whether an answer is a whole page, not a part of one, a file, JSON or a way on."""
    is_html = answer.status_code == 200 and answer["Content-Type"].startswith("text/html")
    return is_html and answer.content.lstrip().lower().startswith(b"<!doctype html") and b'id="main"' in answer.content
