"""Where the links of a mail lead: to what our own record says, never to what a request says."""

import re
import uuid
from typing import Any

from django.utils.encoding import iri_to_uri

from campaigns.models import Link, Message

_TARGET = re.compile(r"(https?://|mailto:|tel:)[^\x00-\x20\x7f]+", re.IGNORECASE)


def url(message_id: uuid.UUID, index: int) -> str | None:
    """Return the target of link number `index` of a message as ASCII, fit for a header; None when there is none."""
    message = Message.objects.filter(pk=message_id).values("version", "node", "variant", "links").first()
    if message is None:
        return None
    target = message["links"].get(str(index)) or _published(message, index)
    if target is None or not _TARGET.fullmatch(target.strip()):
        return None
    return iri_to_uri(target.strip())


def _published(message: dict[str, Any], index: int) -> str | None:
    links = Link.objects.filter(
        version=message["version"], node=message["node"], variant=message["variant"], index=index
    )
    target: str | None = links.values_list("url", flat=True).first()
    # The template of a target that differs from person to person is no target.
    return None if target is None or "{{" in target or "{%" in target else target
