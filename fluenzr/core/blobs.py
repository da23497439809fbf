"""Content-addressed storage in the database, so that nodes keep nothing but a spool and a journal."""

import hashlib
import uuid
from collections.abc import Iterable

from django.db import transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext_lazy as _

from fluenzr.core.errors import Invalid
from fluenzr.core.models import Blob

MAX_BYTES = 25 * 1024 * 1024


def put(content: bytes) -> Blob:
    """Store the bytes once and return their blob.

    Raises:
        Invalid: more than 25 MB.
    """
    if len(content) > MAX_BYTES:
        raise Invalid(_("The file is larger than 25 MB."))
    digest = hashlib.sha256(content).hexdigest()
    blob, _created = Blob.objects.get_or_create(sha256=digest, defaults={"size": len(content), "content": content})
    return blob


def drop(keys: Iterable[uuid.UUID]) -> None:
    """Delete those of the blobs that nothing refers to any more."""
    for key in set(keys):
        try:
            with transaction.atomic():
                Blob.objects.filter(pk=key).delete()
        except ProtectedError:
            continue  # somebody else stored the same bytes
