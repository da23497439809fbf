import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from contacts.models import Contact, Import, Membership
from fluenzr.workspaces.models import Workspace
from tests.builders import make_group, make_import

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "leads.csv"
    path.write_text("Email,Vorname,Size\nada@example.com,Ada,12\nbad,=1+1,\n")
    return path


def run(file: Path, workspace: Workspace, *more: str) -> str:
    out = StringIO()
    call_command("import_contacts", str(file), "--workspace", workspace.public_id, *more, stdout=out)
    return out.getvalue()


def test_command_imports_and_reports(file: Path, workspace: Workspace, tmp_path: Path) -> None:
    make_group(workspace, "Fair")
    rejects = tmp_path / "rejects.csv"
    more = ("--consent", "event", "--certify", "--group", "Fair", "--rejects", str(rejects), "--json")
    maps = ("--map", "Vorname=firstName", "--map", "Size=customFields.size:number")
    report = json.loads(run(file, workspace, *more, *maps))

    contact = Contact.objects.get()
    assert (contact.first_name, contact.custom) == ("Ada", {"size": 12})
    assert Membership.objects.get().group.name == "Fair"
    assert (report["status"], report["created"], report["rejected"]) == ("done", 1, 1)
    assert rejects.read_text("utf-8-sig").splitlines()[1] == "3,“bad” is not a valid address,bad,'=1+1,"


def test_command_continues_what_was_begun(file: Path, workspace: Workspace) -> None:
    origin = make_import(workspace, file.read_text(), tags=["x"])
    report = json.loads(run(file, workspace, "--json"))
    assert (report["importId"], Import.objects.count()) == (origin.public_id, 1)


def test_preview_imports_nothing(file: Path, workspace: Workspace) -> None:
    said = run(file, workspace, "--preview")
    assert "Vorname: (left out)" in said
    assert "line 3: “bad” is not a valid address" in said
    assert not Contact.objects.exists()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ((), "--consent and --certify are needed"),
        (("--consent", "event", "--certify", "--map", "Nope=email"), "There is no such column"),
        (("--consent", "event", "--certify", "--group", "Nope"), "There is no group 'Nope'"),
        (("--consent", "event", "--certify", "--stage", "Nope"), "There is no stage 'Nope'"),
    ],
)
def test_command_says_what_is_wrong_and_leaves_nothing_running(
    file: Path, workspace: Workspace, more: tuple[str, ...], said: str
) -> None:
    with pytest.raises(CommandError, match=said):
        run(file, workspace, *more)
    assert not Import.objects.exclude(status="cancelled").exists()


def test_broken_file_is_an_error_with_its_line(workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text('email,name\na@b.org,"x\n')
    with pytest.raises(CommandError, match="line 2"):
        run(path, workspace, "--consent", "event", "--certify")
