"""The files that mails carry."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns import attachments, graph
from campaigns.mail import rendering
from campaigns.models import Message
from fluenzr.workspaces.models import Workspace
from tests.builders import (
    NOW,
    make_campaign,
    make_contact,
    make_email_node,
    make_enrolment,
    make_message,
    make_workflow,
)
from tests.campaigns.mail.mails import freeze, html_of, mail_of, make_mail, text_of

pytestmark = pytest.mark.django_db


def make_file(workspace: Workspace, name: str, content: bytes = b"Offer") -> dict[str, str]:
    return {"id": attachments.add(workspace=workspace, name=name, content=content).public_id}


def test_files_stand_around_the_alternative_under_their_names(workspace: Workspace) -> None:
    names = ["offer.pdf", 'say "hi"; a=b.txt', "résumé 2026 – été.pdf", "文" * 90 + ".pdf"]
    files = [make_file(workspace, name, name.encode() * 40) for name in names]
    mail = mail_of(make_mail(workspace, body="<p>Hello</p>", attachments=files))
    assert mail.get_content_type() == "multipart/mixed"
    assert next(mail.iter_parts()).get_content_type() == "multipart/alternative"
    assert (text_of(mail).partition("\n")[0], "<p>Hello</p>" in html_of(mail)) == ("Hello", True)
    parts = list(mail.iter_attachments())
    assert [part.get_filename() for part in parts] == names
    assert [part.get_content_type() for part in parts] == ["application/pdf", "text/plain"] + ["application/pdf"] * 2
    assert [part.get_payload(decode=True) for part in parts] == [name.encode() * 40 for name in names]


def test_mail_with_files_keeps_lines_short_and_is_the_same_when_made_again(workspace: Workspace) -> None:
    files = [make_file(workspace, "é" * 150 + ".bin", bytes(range(256)) * 20)]
    message = freeze(make_mail(workspace, attachments=files))
    first = rendering.compose([message])[message.pk]
    lines = first.split(b"\r\n")
    assert max(len(line) for line in lines if not line.startswith(b"List-Unsubscribe:")) <= 78
    assert b"\n" not in first.replace(b"\r\n", b"")
    assert rendering.compose([Message.objects.get(pk=message.pk)])[message.pk] == first


def test_files_are_read_once_for_many_mails_and_not_at_all_without_any(workspace: Workspace) -> None:
    node = make_email_node(attachments=[make_file(workspace, "offer.pdf")])
    campaign = make_campaign(workspace, make_workflow(node))
    rows = [freeze(make_message(make_enrolment(campaign))) for _number in range(3)]
    graph.of_version(rows[0].version_id)
    with CaptureQueriesContext(connection) as queries:
        mails = rendering.compose(rows)
    assert (len(queries), len(mails)) == (1, 3)
    plain = freeze(make_mail(workspace))
    with CaptureQueriesContext(connection) as queries:
        rendering.compose([plain])
    assert len(queries) == 0


def test_portions_bound_what_is_in_memory(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    node = make_email_node(attachments=[make_file(workspace, "offer.bin", bytes(3000))])
    campaign = make_campaign(workspace, make_workflow(node))
    rows = [make_message(make_enrolment(campaign)) for _number in range(5)]
    monkeypatch.setattr(rendering, "PORTION_BYTES", 9000)
    portions = list(rendering.portions(rows, rendering.enclosures(rows)))
    assert [len(portion) for portion in portions] == [2, 2, 1]
    assert [row for portion in portions for row in portion] == rows


def test_preview_names_the_files(workspace: Workspace) -> None:
    node = make_email_node(attachments=[make_file(workspace, "offer.pdf")])
    campaign = make_campaign(workspace, make_workflow(node))
    seen = rendering.preview(
        campaign=campaign,
        graph=graph.parse(campaign.draft.graph),
        node_id="mail_1",
        contact=make_contact(workspace),
        now=NOW,
    )
    assert [(one["name"], one["size"]) for one in seen.attachments] == [("offer.pdf", 5)]
