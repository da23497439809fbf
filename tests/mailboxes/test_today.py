"""How much of its day an account has used."""

from datetime import timedelta

import pytest

from fluenzr.mailboxes import today
from fluenzr.workspaces.models import Workspace
from tests.builders import NOW, make_account

pytestmark = pytest.mark.django_db


def test_taken_counts_the_day_of_the_accounts_zone_only(workspace: Workspace) -> None:
    account = make_account(workspace, timezone="Asia/Tokyo", count_date=NOW.date(), count_today=7)
    assert today.taken(account, now=NOW) == 7
    # 15:00 in UTC is midnight in Tokyo.
    assert today.taken(account, now=NOW + timedelta(hours=5)) == 0
    assert today.taken(make_account(workspace), now=NOW) == 0
