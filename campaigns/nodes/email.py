"""A mail of the sequence."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from campaigns import attachments
from campaigns.enums import EnrolmentStatus, MessageState
from campaigns.mail import moulds
from campaigns.nodes.base import (
    Go,
    Names,
    NodeForm,
    NodeKind,
    Outcome,
    Problems,
    Send,
    Step,
    Stop,
    Surroundings,
    WaitUntil,
)
from campaigns.nodes.fields import FilesField
from campaigns.nodes.widgets import Body, Subject

# A mail on its way wakes its journey when it is settled; this is for a journey that looks sooner.
LOOK_AGAIN = timedelta(hours=1)


class EmailForm(NodeForm):
    """What the mail says and what is tracked; both switches are on unless switched off (contract M1)."""

    subject = forms.CharField(label=_("Subject"), required=False, max_length=500, initial="", widget=Subject)
    body = forms.CharField(label=_("Body"), max_length=200_000, strip=False, widget=Body(format_field="bodyFormat"))
    bodyFormat = forms.ChoiceField(
        label=_("Format"),
        required=False,
        choices=[("", _("As it looks")), ("text", _("Text")), ("html", _("HTML"))],
        initial="",
        widget=forms.HiddenInput,
    )
    trackOpens = forms.BooleanField(label=_("Track opens"), required=False, initial=True)
    trackClicks = forms.BooleanField(label=_("Track clicks"), required=False, initial=True)
    sameThread = forms.BooleanField(label=_("Send in the same thread"), required=False, initial=False)
    attachments = FilesField(label=_("Attachments"), required=False, initial=[])


class Email(NodeKind):
    """Send one personalised mail."""

    kind = "email"
    label = _("Email")
    icon = "envelope"
    group = _("Messages")
    rank = 10
    form = EmailForm
    needs: ClassVar[frozenset[str]] = frozenset({"mails"})

    @classmethod
    def summary(cls, data: Mapping[str, Any], names: Names) -> str:
        """Its subject, as it is written."""
        subject: str = data["subject"].strip()
        return subject or (gettext("Follow-up in the same thread") if data["body"].strip() else "")

    @classmethod
    def run(cls, step: Step) -> Outcome:
        """Send once; go on from the moment the mail was accepted.

        A mail of which nobody knows whether it arrived holds the journey until doubt has lasted long enough
        (reliability.md section 3, rule 4).
        """
        mail = step.facts.mail_of(step.node)
        if mail is None or mail.state == MessageState.CANCELLED:
            return Send()
        if not mail.final:
            return WaitUntil(step.now + LOOK_AGAIN, _("The mail is on its way."))
        if mail.state == MessageState.SENT:
            return Go(at=mail.at)
        if mail.state == MessageState.UNCERTAIN:
            until = mail.at + timedelta(seconds=settings.FLUENZR_DOUBT_SECONDS)
            if step.now >= until:
                return Go(at=mail.at)
            return WaitUntil(until, _("It is not known whether the mail arrived; waiting for evidence."))
        return Stop(EnrolmentStatus.ERROR, _("The mail could not be sent."))

    @classmethod
    def problems(cls, data: Mapping[str, Any], around: Surroundings) -> Problems:
        """Check the templates, that an empty subject has a thread to follow, and that its files are there."""
        found: Problems = {}
        if not data["subject"].strip() and not around.follows_an_email:
            found["subject"] = [_("The first email needs a subject.")]
        if not data["body"].strip():
            found["body"] = [_("The email needs a body.")]
        for key, texts in moulds.problems(data, names=around.names).items():
            found.setdefault(key, []).extend(texts)
        refused = attachments.problems(data["attachments"], around.files)
        if refused:
            found["attachments"] = refused
        return found
