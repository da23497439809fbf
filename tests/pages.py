"""Every page of the site, out of the URL configuration, so that a new one is tried without being named anywhere."""

import re
from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from campaigns.models import Message
from fluenzr.mailboxes.models import SandboxMail
from fluenzr.workspaces.models import Workspace
from tests.builders import (
    NOW,
    accept,
    make_account,
    make_contact,
    make_email_node,
    make_group,
    make_key,
    make_member,
    make_running,
)

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
        "account_id": account.public_id,
        "key_id": make_key(workspace)[0].public_id,
        "member_id": make_member(workspace, "member").public_id,
        "workspace_id": workspace.public_id,
        "mail": mail.public_id,
        "kind": "variables",
        "number": "1",
    }


def path_of(route: str, parts: dict[str, str]) -> str:
    """Return the path of a route; a name that `fill` does not know raises KeyError."""
    return "/" + re.sub(r"<(\w+)>", lambda found: parts[found[1]], route)


def is_page(answer: Any) -> bool:
    """Whether an answer is a whole page, not a part of one, a file, JSON or a way on."""
    is_html = answer.status_code == 200 and answer["Content-Type"].startswith("text/html")
    return is_html and answer.content.lstrip().lower().startswith(b"<!doctype html") and b'id="main"' in answer.content
