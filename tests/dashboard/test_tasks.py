"""One's open tasks on the dashboard."""

from datetime import date

import pytest
from django.test import Client

from contacts import todo
from fluenzr.workspaces.models import Member, Workspace
from tests.builders import NOW, make_contact
from tests.counting import queries_of

pytestmark = pytest.mark.django_db


def test_dashboard_shows_my_tasks_at_the_same_cost(client: Client, workspace: Workspace, teammate: Member) -> None:
    client.force_login(teammate.user)
    counts = []
    for texts in (["Call Jane"], ["Write", "Ask"]):
        for text in texts:
            contact = make_contact(workspace)
            todo.add(contact, text=text, owner=teammate.user, due=date(2025, 1, 2), by="jo", now=NOW)
        counts.append(queries_of(client, "/"))
    page = client.get("/").content.decode()
    assert [text in page for text in ("Call Jane", "Write", "Ask", "due 2 Jan 2025")] == [True] * 4
    assert counts[0] == counts[1]
