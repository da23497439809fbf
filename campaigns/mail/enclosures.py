"""The files that a batch of mails carries: each is read and encoded once, however many mails carry it."""

from collections.abc import Collection, Sequence

from campaigns.mail import mime
from campaigns.models import Attachment


class Enclosures:
    """Files as parts of mails, by public id."""

    def __init__(self, ids: Collection[str] = ()) -> None:
        """Read these files, in one query; in none when there are none."""
        self._parts: dict[str, bytes] = {}
        keys = [key for one in ids if (key := Attachment.key_of(one)) is not None]
        for row in Attachment.objects.filter(pk__in=keys).select_related("blob") if keys else ():
            self._parts[row.public_id] = mime.attached(row.name, row.media_type, bytes(row.blob.content))

    def parts(self, ids: Sequence[str]) -> list[bytes]:
        """Return these files as parts of a mail; KeyError when one was not read."""
        return [self._parts[one] for one in ids]

    def weight(self, ids: Sequence[str]) -> int:
        """Return how many bytes these files add to a mail."""
        return sum(len(part) for part in self.parts(ids))
