"""Tasks and notes of a contact."""

from datetime import date

import pytest

from contacts import notes, todo
from fluenzr.core.errors import Conflict, Invalid
from fluenzr.workspaces.models import Member, Workspace
from tests.builders import NOW, make_contact, make_member, make_workspace

pytestmark = pytest.mark.django_db


def test_note_keeps_its_author_and_time(workspace: Workspace) -> None:
    note = notes.write(make_contact(workspace), text=" Met in Lyon ", by="jo", now=NOW)
    assert (note.text, note.by, note.at) == ("Met in Lyon", "jo", NOW)


@pytest.mark.parametrize("text", ["  ", "x" * (notes.MAX_TEXT + 1)])
def test_note_without_words_or_end_is_refused(workspace: Workspace, text: str) -> None:
    with pytest.raises(Invalid):
        notes.write(make_contact(workspace), text=text, by="jo", now=NOW)


def test_mine_lists_open_tasks_by_date(workspace: Workspace, owner: Member) -> None:
    contact, options = make_contact(workspace), {"owner": owner.user, "by": "jo", "now": NOW}
    for text, due in (("whenever", None), ("later", date(2025, 3, 2)), ("first", date(2025, 3, 1))):
        todo.add(contact, text=text, due=due, **options)
    todo.finish(todo.add(contact, text="done", due=None, **options), now=NOW)
    todo.add(contact, text="nobody's", due=None, **(options | {"owner": None}))
    assert [task.text for task in todo.mine(workspace, owner.user)] == ["first", "later", "whenever"]


def test_task_of_a_stranger_is_refused(workspace: Workspace) -> None:
    stranger = make_member(make_workspace())
    with pytest.raises(Invalid, match="no such member"):
        todo.add(make_contact(workspace), text="Call", owner=stranger.user, due=None, by="jo", now=NOW)


def test_task_is_done_once(workspace: Workspace) -> None:
    task = todo.add(make_contact(workspace), text="Call", owner=None, due=None, by="jo", now=NOW)
    todo.finish(task, now=NOW)
    with pytest.raises(Conflict):
        todo.finish(task, now=NOW)
