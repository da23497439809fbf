"""Checks of what the mails say, beyond what makes them impossible."""

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from campaigns import previews
from campaigns.graph import Graph, Node
from campaigns.mail import advice, links, rendering
from campaigns.mail.scanning import scan
from campaigns.models import Campaign
from campaigns.preflight.findings import Finding, Level, Topic
from contacts.models import Contact
from fluenzr.core.errors import Invalid, Text


def contents(campaign: Campaign, workflow: Graph, *, now: datetime) -> Iterator[Finding]:
    """Yield what looks wrong in each mail, as its first reader would get it."""
    emails, person = workflow.emails(), _somebody(campaign)
    shown = rendering.Previews(campaign, workflow)
    is_fine = True
    for number, node in enumerate(emails, start=1):
        for text in _of(node, shown, person, now):
            is_fine = False
            said = _("Email %(number)d: %(text)s") % {"number": number, "text": text}
            yield Finding("mail_content", Level.WARNS, Topic.MAIL, said, node=node.id)
    if is_fine:
        text = _("Subjects, lengths and links look right.")
        yield Finding("mails_ok", Level.OK, Topic.MAIL, text)
    yield from _thread(emails)


def _of(node: Node, shown: rendering.Previews, person: Contact | None, now: datetime) -> Iterator[Text]:
    if person is not None:
        mail = shown.of(node.id, person, now=now)
        yield from advice.of_length(mail.subject, mail.text, node.data["body"])
    targets = links.bodies(node.data["body"], node.data.get("bodyFormat") or "").targets
    yield from advice.of_links(targets.values())
    if any("http://" in piece.source or "https://" in piece.source for piece in scan(node.data["subject"])):
        yield _("The subject holds a link, which filters take for spam.")


def _somebody(campaign: Campaign) -> Contact | None:
    try:
        return previews.people(campaign, most=1)[0]
    except Invalid:
        return None


def _thread(emails: list[Node]) -> Iterator[Finding]:
    """Yield how the follow-ups arrive: in the thread of the first mail, or as new ones."""
    later = emails[1:]
    new = sum(1 for node in later if node.data["subject"].strip() and not node.data["sameThread"])
    if not later:
        return
    if not new:
        text: Text = _("All follow-ups arrive in the thread of the mail before.")
    else:
        counted = ngettext_lazy(
            "%(count)d follow-up begins a thread of its own.",
            "%(count)d follow-ups begin threads of their own.",
            "count",
        )
        text = counted % {"count": new}
    yield Finding("threads", Level.OK, Topic.MAIL, text)


def footer(campaign: Campaign) -> Iterator[Finding]:
    """Yield whether the mails say who writes and how to leave."""
    yield Finding(
        "unsubscribe_ok", Level.OK, Topic.MAIL, _("Every mail carries an unsubscribe link, in its text and its header.")
    )
    if campaign.workspace.postal_address.strip():
        yield Finding("address_ok", Level.OK, Topic.WORKSPACE, _("The postal address stands under every mail."))
    else:
        yield Finding(
            "address_missing",
            Level.WARNS,
            Topic.WORKSPACE,
            _("The workspace has no postal address."),
            _("Many countries ask for one under commercial mail."),
        )
