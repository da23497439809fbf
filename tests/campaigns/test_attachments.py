from typing import Any

import pytest

from campaigns import attachments, graph
from campaigns.models import Attachment
from fluenzr.core.errors import Invalid, NotFound
from fluenzr.core.models import Blob
from fluenzr.workspaces.models import Workspace
from tests.builders import make_email_node, make_workflow, make_workspace

pytestmark = pytest.mark.django_db


def add(workspace: Workspace, name: str = "offer.pdf", content: bytes = b"Offer", **more: Any) -> Attachment:
    return attachments.add(workspace=workspace, name=name, content=content, **more)


def problems(workspace: Workspace, files: Any) -> list[str]:
    document = make_workflow(make_email_node(attachments=files))
    found = graph.problems(document, workspace=workspace)
    assert found.keys() <= {"workflow.nodes.mail_1.data.attachments"}
    return [str(text) for texts in found.values() for text in texts]


def test_same_file_is_kept_once_and_shared_content_once(workspace: Workspace) -> None:
    assert add(workspace) == add(workspace)
    assert add(workspace, name="other.pdf") != add(workspace)
    assert add(make_workspace()) != add(workspace)
    assert (Attachment.objects.count(), Blob.objects.count()) == (3, 1)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("C:\\docs\\offer.pdf", "offer.pdf"),
        ("../../etc/passwd", "passwd"),
        ("a\r\nBcc: x@y.org.pdf", "a Bcc: x@y.org.pdf"),
        ("fdp.\u202eexe.txt", "fdp.exe.txt"),
        ("  ", "file"),
        ("é" * 300 + ".pdf", "é" * 196 + ".pdf"),
    ],
)
def test_name_is_kept_without_what_could_harm(given: str, kept: str) -> None:
    assert attachments.cleaned(given) == kept


@pytest.mark.parametrize(
    ("given", "name", "kept"),
    [
        ("application/pdf", "x", "application/pdf"),
        ("text/plain; charset=x", "x.txt", "text/plain"),
        ("", "offer.pdf", "application/pdf"),
        ("message/rfc822", "x", "application/octet-stream"),
        ("multipart/mixed; boundary=x", "x", "application/octet-stream"),
        ("text/plain\r\nX: y", "x.bin", "application/octet-stream"),
    ],
)
def test_type_is_one_that_a_part_may_have(workspace: Workspace, given: str, name: str, kept: str) -> None:
    assert add(workspace, name, media_type=given).media_type == kept


@pytest.mark.parametrize(
    ("name", "content", "field", "word"),
    [
        ("setup.EXE", b"x", "name", ".exe"),
        ("offer.pdf.js", b"x", "name", ".js"),
        ("empty.pdf", b"", "content", "empty"),
        ("large.pdf", b"x" * (attachments.MAX_BYTES + 1), "content", "10 MB"),
    ],
)
def test_file_that_no_mail_could_carry_is_refused(
    workspace: Workspace, name: str, content: bytes, field: str, word: str
) -> None:
    with pytest.raises(Invalid, match=word) as refused:
        add(workspace, name, content)
    assert list(refused.value.details) == [field]
    assert not Attachment.objects.exists()


def test_file_of_another_workspace_is_none(workspace: Workspace) -> None:
    row = add(make_workspace())
    with pytest.raises(NotFound):
        attachments.find(workspace, row.public_id)
    assert problems(workspace, [attachments.entry(row)]) == ["There is no such file: “offer.pdf”."]


def test_workflow_may_name_its_files_by_id_alone(workspace: Workspace) -> None:
    row = add(workspace)
    assert problems(workspace, [{"id": row.public_id}]) == []
    assert problems(workspace, [attachments.entry(row)]) == []
    assert problems(workspace, [{"id": row.public_id, "name": "invoice.pdf"}]) == [
        "This is not what is known of the file “offer.pdf”."
    ]


def test_files_of_a_mail_have_a_limit_together(workspace: Workspace) -> None:
    half = attachments.MAX_BYTES // 2 + 1
    rows = [add(workspace, f"{number}.pdf", bytes([number]) * half) for number in (1, 2)]
    assert problems(workspace, [{"id": row.public_id} for row in rows]) == [
        "The files are 10.0 MB together; a mail carries at most 10 MB."
    ]


@pytest.mark.parametrize(
    "files", ["offer.pdf", [1], [{}], [{"id": 1}], [{"id": "a", "size": True}], [{"id": "a", "x": 1}]]
)
def test_what_is_no_list_of_files_is_refused_whatever_else_is_wrong(workspace: Workspace, files: Any) -> None:
    assert problems(workspace, files) == ["Must be a list of files: objects with “id”."]
    document = make_workflow(make_email_node(attachments=files, trackOpens="x"))
    assert len(graph.problems(document, workspace=workspace)) == 2
