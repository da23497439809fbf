"""A fork in the path."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from math import isfinite
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from campaigns.enums import MessageState
from campaigns.mail import variables
from campaigns.nodes.base import (
    Facts,
    Go,
    Mail,
    Names,
    NodeForm,
    NodeKind,
    Outcome,
    Problems,
    Step,
    Surroundings,
    WaitUntil,
)
from campaigns.nodes.delay import span_words
from campaigns.nodes.widgets import Choose, Suggest, shown
from fluenzr.core.errors import Text

YES, NO, UNKNOWN = "yes", "no", "unknown"
MAIL_CHECKS = ("opened", "clicked", "replied", "email_state")
OPERATORS = [
    ("equals", _("is")),
    ("not_equals", _("is not")),
    ("contains", _("contains")),
    ("starts_with", _("starts with")),
    ("is_empty", _("is empty")),
    ("greater", _("is greater than")),
    ("less", _("is less than")),
]
STATES = [
    ("sent", _("Sent")),
    ("opened", _("Opened")),
    ("clicked", _("Clicked")),
    ("replied", _("Replied")),
    ("bounced", _("Bounced")),
    ("failed", _("Failed")),
]
_ABOUT_MAILS = shown(check=MAIL_CHECKS)


class ConditionForm(NodeForm):
    """What is asked. `nodeId` names the mail, by default the one before on this path; no `within...` asks at once."""

    check = forms.ChoiceField(
        label=_("Ask"),
        choices=[
            ("opened", _("Email opened")),
            ("clicked", _("Link clicked")),
            ("replied", _("Replied")),
            ("email_state", _("State of the email")),
            ("field", _("Contact field")),
            ("tag", _("Has the tag")),
            ("group", _("Is in the group")),
        ],
    )
    nodeId = forms.CharField(
        label=_("Email"),
        required=False,
        max_length=64,
        initial="",
        widget=Choose("emails", empty=_("The last one before"), attrs=_ABOUT_MAILS),
    )
    url = forms.CharField(
        label=_("Only this link"),
        required=False,
        max_length=2000,
        initial="",
        widget=forms.TextInput(attrs=shown(check="clicked")),
    )
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        initial="",
        choices=[("", "-"), *STATES],
        widget=forms.Select(attrs=shown(check="email_state")),
    )
    field = forms.CharField(
        label=_("Field"),
        required=False,
        max_length=60,
        initial="",
        widget=Choose("fields", attrs=shown(check="field")),
    )
    operator = forms.ChoiceField(
        label=_("Operator"),
        required=False,
        choices=[("", "-"), *OPERATORS],
        initial="",
        widget=forms.Select(attrs=shown(check="field")),
    )
    value = forms.CharField(
        label=_("Value"),
        required=False,
        max_length=500,
        initial="",
        widget=forms.TextInput(attrs=shown(check="field")),
    )
    tag = forms.CharField(
        label=_("Tag"),
        required=False,
        max_length=100,
        initial="",
        widget=Suggest("tags", attrs=shown(check="tag")),
    )
    groupId = forms.CharField(
        label=_("Group"),
        required=False,
        max_length=64,
        initial="",
        widget=Choose("groups", attrs=shown(check="group")),
    )
    withinDays = forms.IntegerField(
        label=_("Within days"), min_value=0, max_value=365, initial=0, widget=forms.NumberInput(attrs=_ABOUT_MAILS)
    )
    withinHours = forms.IntegerField(
        label=_("Within hours"), min_value=0, max_value=8760, initial=0, widget=forms.NumberInput(attrs=_ABOUT_MAILS)
    )
    withinMinutes = forms.IntegerField(
        label=_("Within minutes"),
        min_value=0,
        max_value=525600,
        initial=0,
        widget=forms.NumberInput(attrs=_ABOUT_MAILS),
    )

    def clean(self) -> dict[str, Any]:
        """Ask for what the chosen check needs."""
        cleaned = super().clean() or {}
        needed = {"email_state": ("state",), "field": ("field", "operator"), "tag": ("tag",), "group": ("groupId",)}
        for name in needed.get(cleaned.get("check", ""), ()):
            if not cleaned.get(name):
                self.add_error(name, _("This check needs it."))
        operator, value = cleaned.get("operator"), cleaned.get("value", "")
        if operator in ("contains", "starts_with") and not value:
            self.add_error("value", _("This check needs it."))
        if operator in ("greater", "less") and _measure(value) is None:
            self.add_error("value", _("This comparison needs a number or a date (YYYY-MM-DD)."))
        return cleaned


class Condition(NodeKind):
    """Branch on what a mail met with or on what is known of the contact.

    A question about a mail may wait: yes as soon as it is true, no when its time is over, counted from the mail
    (semantics, section 6). Where tracking could not tell, the answer is "unknown", which follows "no" unless it has
    an edge of its own.
    """

    kind = "condition"
    label = _("Condition")
    icon = "share"
    group = _("Logic")
    rank = 30
    feature = "conditions"
    ports = (YES, NO)
    optional_ports = (UNKNOWN,)
    port_words: ClassVar[Mapping[str, Text]] = {YES: _("Yes"), NO: _("No"), UNKNOWN: _("Unknown")}
    begins_with: ClassVar[Mapping[str, Any]] = {"check": "opened", "withinDays": 2}
    form = ConditionForm
    needs: ClassVar[frozenset[str]] = frozenset({"mails", "clicks", "fields", "tags", "groups"})

    @classmethod
    def summary(cls, data: Mapping[str, Any], names: Names) -> str:
        """The question, and how long it may take to become true."""
        question = _question(data, names)
        within = span_words(data["withinDays"], data["withinHours"], data["withinMinutes"])
        if question and within and data["check"] in MAIL_CHECKS:
            return gettext("%(question)s within %(span)s") % {"question": question, "span": within}
        return question

    @classmethod
    def run(cls, step: Step) -> Outcome:
        """Answer, or wait while the answer may still become yes."""
        check, data, facts = step.data["check"], step.data, step.facts
        if check == "field":
            actual = facts.fields.get(data["field"])
            return Go(YES if compare(actual, data["operator"], data["value"]) else NO)
        if check == "tag":
            return Go(YES if data["tag"] in facts.tags else NO)
        if check == "group":
            return Go(YES if data["groupId"] in facts.groups else NO)
        return _ask_mail(step)

    @classmethod
    def why(cls, data: Mapping[str, Any], facts: Facts, port: str) -> Text:
        """What the mail met with, or what is known of the contact."""
        check, is_yes = data["check"], port == YES
        if check == "field":
            value = facts.fields.get(data["field"])
            if value is None:
                return _("The field is blank.")
            return _("The value of the contact is “%(value)s”.") % {"value": value}
        if check == "tag":
            return _("The contact has the tag.") if is_yes else _("The contact does not have the tag.")
        if check == "group":
            return _("The contact is in the group.") if is_yes else _("The contact is not in the group.")
        if _anchor(facts, data["nodeId"]) is None:
            return _("The contact got no such email.")
        if port == UNKNOWN:
            return _("Tracking is off for this email or this contact, so nobody can tell.")
        if not _span(data):
            return _("It had happened by then.") if is_yes else _("It had not happened by then.")
        return _("It happened in time.") if is_yes else _("It did not happen in time.")

    @classmethod
    def problems(cls, data: Mapping[str, Any], around: Surroundings) -> Problems:
        """Check that what is named exists: the mail on this path, the field, the group."""
        found: Problems = {}
        check = data["check"]
        if check in MAIL_CHECKS:
            if data["nodeId"] and data["nodeId"] not in around.emails_before:
                found["nodeId"] = [_("No email with this id comes before the condition.")]
            elif not data["nodeId"] and not around.follows_an_email:
                found["check"] = [_("No email comes before this condition.")]
        elif check == "field" and data["field"] not in set(around.names) - variables.OPTIONAL:
            found["field"] = [_("There is no contact field “%(name)s”.") % {"name": data["field"]}]
        elif check == "group" and data["groupId"] not in around.group_ids:
            found["groupId"] = [_("There is no such group.")]
        return found


def _question(data: Mapping[str, Any], names: Names) -> str:
    """Return what is asked in words, "" while it is not clear."""
    check = data["check"]
    if check == "field" and data["field"] and data["operator"]:
        operator = dict(OPERATORS)[data["operator"]]
        value = "" if data["operator"] == "is_empty" else f" “{data['value']}”"
        return gettext("If %(what)s") % {"what": f"{names.fields.get(data['field'], data['field'])} {operator}{value}"}
    if check == "tag" and data["tag"]:
        return gettext("If tagged “%(name)s”") % {"name": data["tag"]}
    if check == "group" and data["groupId"]:
        return gettext("If in the group “%(name)s”") % {"name": names.groups.get(data["groupId"], data["groupId"])}
    if check not in MAIL_CHECKS or (check == "email_state" and not data["state"]):
        return ""
    state = data["state"] if check == "email_state" else check
    mail = names.nodes.get(data["nodeId"], data["nodeId"]) if data["nodeId"] else ""
    return _mail_question(state, url=data["url"] if check == "clicked" else "", mail=str(mail))


def _mail_question(state: str, *, url: str, mail: str) -> str:
    if url and mail:
        return gettext("If “%(url)s” clicked in “%(mail)s”") % {"url": url, "mail": mail}
    if url:
        return gettext("If “%(url)s” clicked") % {"url": url}
    word = str(dict(STATES)[state]).lower()
    if mail:
        return gettext("If %(state)s: “%(mail)s”") % {"state": word, "mail": mail}
    return gettext("If %(state)s") % {"state": word}


def _ask_mail(step: Step) -> Outcome:
    data = step.data
    mail = _anchor(step.facts, data["nodeId"])
    if mail is None:
        return Go(NO)
    happened = _happened_at(mail, data)
    span = _span(data)
    deadline = max(mail.at + span, step.entered_at)
    if happened is not None and (happened <= deadline or not span):
        return Go(YES, at=max(happened, step.entered_at))
    if not _could_tell(mail, data):
        return Go(UNKNOWN)
    if step.now < deadline:
        return WaitUntil(deadline, _("Waiting to see whether it happens in time."))
    return Go(NO, at=deadline)


def _span(data: Mapping[str, Any]) -> timedelta:
    return timedelta(days=data["withinDays"], hours=data["withinHours"], minutes=data["withinMinutes"])


def _anchor(facts: Facts, node: str) -> Mail | None:
    if node:
        return facts.mail_of(node)
    return facts.mails[-1] if facts.mails else None


def _happened_at(mail: Mail, data: Mapping[str, Any]) -> datetime | None:
    """Return when what is asked happened, or None."""
    asked = data["state"] if data["check"] == "email_state" else data["check"]
    if asked == "clicked":
        return mail.clicks.get(data["url"]) if data["url"] else mail.clicked_at
    if asked == "failed":
        return mail.at if mail.state == MessageState.FAILED else None
    if asked == "sent":
        return mail.at if mail.state in (MessageState.SENT, MessageState.UNCERTAIN) else None
    times = {"opened": mail.opened_at, "replied": mail.replied_at, "bounced": mail.bounced_at}
    return times[asked]


def _could_tell(mail: Mail, data: Mapping[str, Any]) -> bool:
    asked = data["state"] if data["check"] == "email_state" else data["check"]
    return {"opened": mail.opens_tracked, "clicked": mail.clicks_tracked}.get(asked, True)


def compare(actual: Any, operator: str, expected: str) -> bool:
    """Return whether a contact's value meets the operator; texts are compared without regard to case."""
    text = "" if actual is None else str(actual).strip()
    if operator == "is_empty":
        return not text
    if operator in ("greater", "less"):
        left, right = _measure(text), _measure(expected)
        if left is None or right is None or left[0] != right[0]:
            return False
        return left > right if operator == "greater" else left < right
    have, want = text.casefold(), expected.strip().casefold()
    results = {
        "equals": have == want or _same_number(actual, expected),
        "not_equals": have != want and not _same_number(actual, expected),
        "contains": want in have,
        "starts_with": have.startswith(want),
    }
    return results[operator]


def _same_number(actual: Any, expected: str) -> bool:
    """Whether a field of numbers holds the number that is written there, say 2.5 and "2.50"."""
    is_number = isinstance(actual, int | float) and not isinstance(actual, bool)
    return is_number and _measure(str(actual)) == _measure(expected)


def _measure(text: str) -> tuple[str, float] | None:
    """Return what can be compared: a number, or the ordinal of a date; None for other texts."""
    text = text.strip()
    try:
        number = float(text)
    except ValueError:
        pass
    else:
        return ("number", number) if isfinite(number) else None
    try:
        return "date", float(datetime.fromisoformat(text).toordinal())
    except ValueError:
        return None
