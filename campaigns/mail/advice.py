"""What may be wrong with a mail that can be sent: its length, its links and its pictures. Pure."""

import ipaddress
import re
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from campaigns.mail import links
from fluenzr.core import hosts
from fluenzr.core.errors import Text

# What phones show of a subject; more is cut off.
SUBJECT_LENGTH = 60
# More is not read by somebody who did not ask for the mail.
MOST_WORDS = 300
MOST_LINKS = 5
MOST_IMAGES = 3
_IMAGE = re.compile(r"<img[\s>]", re.IGNORECASE)


def of_length(subject: str, text: str, body: str) -> Iterator[Text]:
    """Yield what is too much of a mail, as sentences: `subject` and `text` as filled, `body` as its author wrote it."""
    if len(subject) > SUBJECT_LENGTH:
        sentence = _("The subject has %(count)d characters; inboxes show about %(most)d.")
        yield sentence % {"count": len(subject), "most": SUBJECT_LENGTH}
    words = len(text.split())
    if words > MOST_WORDS:
        yield _("The mail has %(count)d words; short ones are read.") % {"count": words}
    images = len(_IMAGE.findall(body))
    if images > MOST_IMAGES:
        yield _("The mail holds %(count)d images; filters take that for advertising.") % {"count": images}


def of_links(urls: Iterable[str]) -> Iterator[Text]:
    """Yield what may be wrong with the targets of a mail's links, as sentences, each once."""
    targets = list(urls)
    if len(targets) > MOST_LINKS:
        sentence = ngettext_lazy(
            "The mail holds %(count)d link; filters take that for advertising.",
            "The mail holds %(count)d links; filters take that for advertising.",
            "count",
        )
        yield sentence % {"count": len(targets)}
    for url in dict.fromkeys(targets):
        parts = _parts(url)
        if parts is None:
            continue
        scheme, host = parts
        if _is_private(host):
            yield _("The link “%(url)s” leads to a computer that only your network knows.") % {"url": url}
        elif scheme == "http":
            yield _("The link “%(url)s” is not encrypted; use https.") % {"url": url}


def _parts(url: str) -> tuple[str, str] | None:
    """Return scheme and host of a web address; None for others, and where a variable decides."""
    if not links.is_fixed(url):
        return None
    try:
        parts = urlsplit(links.completed(url))
        host = parts.hostname or ""
    except ValueError:
        return None
    return (parts.scheme.lower(), host.lower()) if parts.scheme.lower() in ("http", "https") else None


def _is_private(host: str) -> bool:
    try:
        return not hosts.is_public(ipaddress.ip_address(host))
    except ValueError:
        return "." not in host or f".{host}".endswith(hosts.PRIVATE_SUFFIXES)
