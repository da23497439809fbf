"""Where the links of a mail lead: to what our own record says, never to what a request says."""

import re
import uuid
from collections.abc import Mapping
from typing import Any

from django.utils.encoding import iri_to_uri

from campaigns.mail import links
from campaigns.models import Link, Message
from fluenzr.core.prepared import Prepared
from tracking.recent import Recent

_TARGET = re.compile(r"(https?://|mailto:|tel:)[^\x00-\x20\x7f]+", re.IGNORECASE)

# Version, node and variant: whose mail it is.
Mail = tuple[uuid.UUID | None, str, str]
# What was asked is remembered so long; so long a link of something that was deleted or erased may still lead on.
SECONDS = 300
# A mail with more text in the targets that are its reader's own is asked for each time: memory stays bounded.
MOST_OWN = 2000
_mails: Recent[uuid.UUID, tuple[Mail, Mapping[str, str]]] = Recent(size=10_000, seconds=SECONDS)
_published: Recent[Mail, Mapping[int, str]] = Recent(size=200, seconds=SECONDS)
_asked_mail = Prepared(
    lambda keys: Message.objects.filter(pk__in=keys).values_list("version", "node", "variant", "links")
)


def url(message_id: uuid.UUID, index: int) -> str | None:
    """Return the target of link number `index` of a message as ASCII, fit for a header; None when there is none."""
    found = _mails.get(message_id) or _mail(message_id)
    if found is None:
        return None
    mail, own = found
    published = _published.get(mail) or {}
    if not own.get(str(index)) and index not in published:
        published = _links(mail)
    return chosen(index, own=own, published=published.get(index))


def remembered(message_id: uuid.UUID, index: int) -> str | None:
    """Return the target as `url` does, but only if that needs no database; None otherwise."""
    found = _mails.get(message_id)
    if found is None:
        return None
    mail, own = found
    return chosen(index, own=own, published=(_published.get(mail) or {}).get(index))


def forget() -> None:
    """Forget what was asked before."""
    _mails.clear()
    _published.clear()


def _mail(message_id: uuid.UUID) -> tuple[Mail, Mapping[str, str]] | None:
    rows: Any = _asked_mail.rows([message_id])
    if not rows:
        return None
    version, node, variant, own = rows[0]
    found = ((version, node, variant), own)
    if sum(map(len, own.values())) <= MOST_OWN:
        _mails.put(message_id, found)
    return found


def _links(mail: Mail) -> Mapping[int, str]:
    version, node, variant = mail
    rows = Link.objects.filter(version=version, node=node, variant=variant).values_list("index", "url")
    found = dict(rows)
    _published.put(mail, found)
    return found


def chosen(index: int, *, own: Mapping[str, str], published: str | None) -> str | None:
    """Return the target of link number `index` as `url` does: that of this person, else that for everybody.

    `own` is what the message keeps of its links, `published` what its version says of this one.
    """
    # The template of a target that differs from person to person is no target.
    target = own.get(str(index)) or (published if published and links.is_fixed(published) else "")
    return iri_to_uri(target.strip()) if _TARGET.fullmatch(target.strip()) else None
