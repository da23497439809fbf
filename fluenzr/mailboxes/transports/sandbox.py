"""The sandbox: what it sends is kept and shown in the app, and nothing leaves the machine."""

from collections.abc import Iterator, Sequence

from django.utils import timezone

from fluenzr.mailboxes.enums import Provider
from fluenzr.mailboxes.models import SandboxMail
from fluenzr.mailboxes.transports.base import Begun, Open, Outcome, Parcel, Receipt, Transport, register


@register(Provider.SANDBOX)
class SandboxTransport(Transport):
    """Stores mails as their recipients would find them."""

    batch = 50

    def deliver(self, parcels: Sequence[Parcel], open: Open, begun: Begun) -> Iterator[Receipt]:
        """Keep the parcels that `open` lets through."""
        opened = open([parcel.id for parcel in parcels])
        for key in opened:
            begun(key)
        SandboxMail.objects.bulk_create(self._row(parcel) for parcel in parcels if parcel.id in opened)
        for parcel in parcels:
            if parcel.id in opened:
                yield Receipt(parcel.id, Outcome.ACCEPTED, 250, "kept in the sandbox")
            else:
                yield Receipt(parcel.id, Outcome.UNOPENED)

    def _row(self, parcel: Parcel) -> SandboxMail:
        return SandboxMail(
            workspace_id=self.account.workspace_id,
            account=self.account,
            message_id=parcel.message_id,
            recipient=parcel.recipient,
            subject=parcel.subject,
            raw=parcel.content,
            received_at=timezone.now(),
        )

    def probe(self) -> None:
        """Do nothing: there is no server that could be down."""

    def close(self) -> None:
        """Do nothing: there is no connection."""
