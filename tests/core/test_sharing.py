import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from fluenzr.core import sharing
from fluenzr.workspaces.models import Workspace


@pytest.mark.django_db
def test_rows_are_held_against_changes(workspace: Workspace) -> None:
    with (
        transaction.atomic(),
        CaptureQueriesContext(
            connection,
        ) as asked,
    ):
        assert sharing.held(Workspace.objects.filter(pk=workspace.pk)) == [workspace]
    (query,) = [one["sql"] for one in asked if one["sql"].startswith("SELECT")]
    assert query.endswith("FOR SHARE") == (connection.vendor == "postgresql")
