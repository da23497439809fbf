import pytest

from contacts import blocklists
from contacts.models import Suppression
from fluenzr.core.errors import Invalid
from fluenzr.workspaces.models import Workspace
from tests.builders import NOW

pytestmark = pytest.mark.django_db


def bar(workspace: Workspace, text: str) -> blocklists.Barred:
    return blocklists.bar(workspace=workspace, text=text, source="ann", now=NOW)


def test_lines_of_many_shapes_are_read(workspace: Workspace) -> None:
    text = 'Email;Name\n"ann@x.org";Ann\n\nBob, bob@Y.org\n@z.example\nsub.w.example,spam\n<eve@x.org>'
    assert bar(workspace, text) == blocklists.Barred(added=5, known=0)
    kept = set(Suppression.objects.values_list("kind", "target"))
    assert kept == {
        ("address", "ann@x.org"),
        ("address", "bob@y.org"),
        ("address", "eve@x.org"),
        ("domain", "z.example"),
        ("domain", "sub.w.example"),
    }


def test_what_was_barred_before_is_counted_apart(workspace: Workspace) -> None:
    bar(workspace, "ann@x.org")
    assert bar(workspace, "ANN@x.org\nbob@x.org\nbob@x.org") == blocklists.Barred(added=1, known=1)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "at least one"),
        ("Email", "line 1"),
        ("ann@x.org\nnobody\nann@@x", "line 2, 3"),
        ("x\n" * (blocklists.MAX_LINES + 1), "At most"),
    ],
)
def test_what_names_nobody_is_refused_with_its_line(workspace: Workspace, text: str, words: str) -> None:
    with pytest.raises(Invalid, match=words) as error:
        bar(workspace, text)
    assert list(error.value.details) == ["targets"]
    assert not Suppression.objects.exists()


@pytest.mark.parametrize(
    ("content", "text"), [(b"\xef\xbb\xbfann@x.org", "ann@x.org"), ("né@x.org".encode("latin-1"), "né@x.org")]
)
def test_files_are_decoded(content: bytes, text: str) -> None:
    assert blocklists.decode(content) == text


@pytest.mark.parametrize("content", [b"PK\x03\x04\x00", b"x" * (blocklists.MAX_BYTES + 1)])
def test_what_is_no_text_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid) as error:
        blocklists.decode(content)
    assert list(error.value.details) == ["file"]
