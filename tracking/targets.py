"""Where the links of a mail lead: to what our own record says, never to what a request says."""

import re
import uuid
from collections.abc import Mapping

from django.utils.encoding import iri_to_uri

from campaigns.mail import links
from campaigns.models import Link, Message

_TARGET = re.compile(r"(https?://|mailto:|tel:)[^\x00-\x20\x7f]+", re.IGNORECASE)


def url(message_id: uuid.UUID, index: int) -> str | None:
    """Return the target of link number `index` of a message as ASCII, fit for a header; None when there is none."""
    message = Message.objects.filter(pk=message_id).values("version", "node", "variant", "links").first()
    if message is None:
        return None
    own = message.pop("links")
    published: str | None = Link.objects.filter(**message, index=index).values_list("url", flat=True).first()
    return chosen(index, own=own, published=published)


def chosen(index: int, *, own: Mapping[str, str], published: str | None) -> str | None:
    """Return the target of link number `index` as `url` does: that of this person, else that for everybody.

    `own` is what the message keeps of its links, `published` what its version says of this one.
    """
    # The template of a target that differs from person to person is no target.
    target = own.get(str(index)) or (published if published and links.is_fixed(published) else "")
    return iri_to_uri(target.strip()) if _TARGET.fullmatch(target.strip()) else None
