"""Where the links of a mail lead: to what our own record says, never to what a request says."""

import re
import uuid
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.utils.encoding import iri_to_uri

from campaigns.mail import links
from campaigns.models import Link, Message
from fluenzr.core.prepared import Prepared
from fluenzr.core.signing import Claim
from tracking.recent import Recent

_TARGET = re.compile(r"(https?://|mailto:|tel:)[^\x00-\x20\x7f]+", re.IGNORECASE)

# Version, node and variant: whose mail it is.
Mail = tuple[uuid.UUID | None, str, str]
# What a message says of its links: whose mail it is, and the targets that are its reader's own.
Sent = tuple[Mail, Mapping[str, str]]
# What was asked is remembered so long; so long a link of something that was deleted or erased may still lead on.
SECONDS = 300
# A mail with more text in the targets that are its reader's own is asked for each time: memory stays bounded.
MOST_OWN = 2000
_mails: Recent[uuid.UUID, Sent] = Recent(size=10_000, seconds=SECONDS)
_published: Recent[Mail, Mapping[int, str]] = Recent(size=200, seconds=SECONDS)
_asked_mails = Prepared(
    lambda keys: Message.objects.filter(pk__in=keys).values_list("pk", "version", "node", "variant", "links")
)


def urls(claims: Iterable[Claim]) -> dict[Claim, str]:
    """Return where each of these links leads, as ASCII that is fit for a header; what leads nowhere is not there."""
    claims = list(claims)
    mails = _mails_of({claim.message_id for claim in claims})
    asked = {mails[claim.message_id][0] for claim in claims if _lacks(mails.get(claim.message_id), claim.link)}
    fresh = published(asked)
    for mail in asked:
        _published.put(mail, fresh.get(mail, {}))
    found = ((claim, _found(mails.get(claim.message_id), claim.link, fresh)) for claim in claims)
    return {claim: url for claim, url in found if url is not None}


def remembered(claim: Claim) -> str | None:
    """Return the target as `urls` does, but only if that needs no database; None otherwise."""
    return _found(_mails.get(claim.message_id), claim.link, {})


def forget() -> None:
    """Forget what was asked before."""
    _mails.clear()
    _published.clear()


def published(mails: Collection[Mail]) -> Mapping[Mail, Mapping[int, str]]:
    """Return where the tracked links of each mail lead, as published: one query, none without mails.

    Other mails of the same versions are there, too.
    """
    found: dict[Mail, dict[int, str]] = {}
    rows = Link.objects.filter(version__in={version for version, _node, _variant in mails})
    for version, node, variant, index, target in rows.values_list("version", "node", "variant", "index", "url"):
        found.setdefault((version, node, variant), {})[index] = target
    return found


def _mails_of(keys: Collection[uuid.UUID]) -> dict[uuid.UUID, Sent]:
    """Return the messages with these keys, of which most are remembered or one query is asked for."""
    known = {key: found for key in keys if (found := _mails.get(key)) is not None}
    rows: Any = _asked_mails.rows([key for key in keys if key not in known])
    for key, version, node, variant, own in rows:
        known[key] = sent = ((version, node, variant), own)
        if sum(map(len, own.values())) <= MOST_OWN:
            _mails.put(key, sent)
    return known


def _lacks(sent: Sent | None, index: int) -> bool:
    """Whether the link is to be asked for: the mail is known, but not where it leads."""
    return sent is not None and not sent[1].get(str(index)) and index not in (_published.get(sent[0]) or {})


def _found(sent: Sent | None, index: int, fresh: Mapping[Mail, Mapping[int, str]]) -> str | None:
    if sent is None:
        return None
    mail, own = sent
    known = fresh.get(mail) or _published.get(mail) or {}
    return chosen(index, own=own, published=known.get(index))


def chosen(index: int, *, own: Mapping[str, str], published: str | None) -> str | None:
    """Return the target of link number `index` as `urls` does: that of this person, else that for everybody.

    `own` is what the message keeps of its links, `published` what its version says of this one.
    """
    # The template of a target that differs from person to person is no target.
    target = own.get(str(index)) or (published if published and links.is_fixed(published) else "")
    return iri_to_uri(target.strip()) if _TARGET.fullmatch(target.strip()) else None
