"""What sandbox accounts drop after a time; see `contacts.retention`."""

from collections.abc import Iterator

from contacts import retention
from contacts.retention import BATCH, Kind, Span
from fluenzr.mailboxes.models import SandboxMail, SandboxReply
from fluenzr.workspaces.models import Workspace


@retention.drops(Kind.CONTENTS)
def drop_sandbox_mails(workspace: Workspace, span: Span) -> Iterator[None]:
    """Delete mails that nobody but us ever had."""
    for model in (SandboxMail, SandboxReply):
        rows = model.objects.in_workspace(workspace).filter(received_at__lt=span.before)
        while keys := list(rows.values_list("pk", flat=True)[:BATCH]):
            model.objects.filter(pk__in=keys).delete()
            yield
