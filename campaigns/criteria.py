"""What segments may ask about campaigns: who was sent a mail, opened, clicked, replied, and who is in one."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign, Enrolment, Message
from contacts.criteria.base import Criterion, Field, Operator, Query, Rows, Scope, Takes, said
from contacts.criteria.registry import register
from contacts.criteria.types import by_key
from fluenzr.core.errors import Text
from fluenzr.workspaces.models import Workspace

HEADING = _("Campaigns")


@dataclass(frozen=True)
class Deed:
    """Something that a contact was sent or did: where it is stamped, and its sentences with and without a campaign.

    `ever` is the stamp of a person in a campaign. `late` is the stamp that tells of the last days: of a single mail,
    but for what was sent, where the person's row has the last.
    """

    key: str
    label: Text
    ever: str
    late: str
    done: Text
    done_in: Text
    not_done: Text
    not_done_in: Text


_DEEDS = (
    Deed(
        "sent",
        _("Was sent a mail"),
        "first_sent_at",
        "last_sent_at",
        _("was sent a mail"),
        _("was sent a mail of “%(campaign)s”"),
        _("was not sent anything"),
        _("was not sent anything of “%(campaign)s”"),
    ),
    Deed(
        "opened",
        _("Opened a mail"),
        "first_opened_at",
        "first_opened_at",
        _("opened a mail"),
        _("opened a mail of “%(campaign)s”"),
        _("opened nothing"),
        _("opened nothing of “%(campaign)s”"),
    ),
    Deed(
        "clicked",
        _("Clicked a link"),
        "first_clicked_at",
        "first_clicked_at",
        _("clicked a link"),
        _("clicked a link of “%(campaign)s”"),
        _("clicked nothing"),
        _("clicked nothing of “%(campaign)s”"),
    ),
    Deed(
        "replied",
        _("Replied"),
        "replied_at",
        "replied_at",
        _("replied"),
        _("replied to “%(campaign)s”"),
        _("did not reply"),
        _("did not reply to “%(campaign)s”"),
    ),
)


@dataclass(frozen=True, kw_only=True)
class ByDeed(Field):
    """What happened by mail, ever or of late, in one campaign or in any."""

    type: ClassVar = "mail"
    operators: ClassVar = by_key(
        (
            Operator("ever", _("at any time"), "%(deed)s", Takes.NOTHING),
            Operator("never", _("never"), "%(deed)s", Takes.NOTHING),
            Operator("in_last_days", _("in the last … days"), _("%(deed)s in the last %(value)s"), Takes.DAYS),
            Operator("not_in_last_days", _("not in the last … days"), _("%(deed)s in the last %(value)s"), Takes.DAYS),
        )
    )
    _NEGATIVE: ClassVar = ("never", "not_in_last_days")

    deed: Deed

    def condition(self, asked: Criterion, query: Query) -> Q:
        """Look for a person's stamp in a campaign, or for a mail with a recent one."""
        found = Q(Exists(self._rows(asked, query)))
        return ~found if asked.operator.key in self._NEGATIVE else found

    def _rows(self, asked: Criterion, query: Query) -> "QuerySet[Any]":
        mine: dict[str, Any] = {"workspace": query.workspace, "contact": OuterRef("pk")}
        if asked.scope is not None:
            mine["campaign"] = asked.scope.key
        if asked.operator.takes != Takes.DAYS:
            return Enrolment.objects.filter(**mine, **{f"{self.deed.ever}__isnull": False})
        since = query.now - timedelta(days=asked.value)
        recent = {f"{self.deed.late}__gte": since}
        if self.deed.late == "last_sent_at":
            return Enrolment.objects.filter(**mine, **recent)
        return Message.objects.filter(**mine, enrolment__isnull=False, **recent)

    def words(self, asked: Criterion) -> str:
        """Return the question as part of a sentence, such as `was not sent anything in the last 30 days`."""
        deed, is_not = self.deed, asked.operator.key in self._NEGATIVE
        if asked.scope is None:
            sentence = str(deed.not_done if is_not else deed.done)
        else:
            sentence = str(deed.not_done_in if is_not else deed.done_in) % {"campaign": asked.scope.label}
        return str(asked.operator.words) % {"deed": sentence, "value": said(asked)}


@dataclass(frozen=True, kw_only=True)
class ByCampaign(Field):
    """Who is in a campaign, wherever they stand in it; those who were removed are not."""

    type: ClassVar = "campaigns"
    operators: ClassVar = by_key(
        (
            Operator("has_any", _("is in any of"), _("is in the campaign %(value)s"), Takes.CHOICES),
            Operator("has_none", _("is in none of"), _("is not in the campaign %(value)s"), Takes.CHOICES),
        )
    )

    def condition(self, asked: Criterion, query: Query) -> Q:
        """Look for their journeys."""
        campaigns = [one.key for one in asked.value]
        rows = Enrolment.objects.listed().filter(contact=OuterRef("pk"), campaign__in=campaigns)
        return Q(Exists(rows)) if asked.operator.key == "has_any" else ~Q(Exists(rows))


@register
def history(workspace: Workspace) -> Iterator[Field]:
    """Yield what may be asked about campaigns."""
    campaigns = Rows(Campaign.objects.in_workspace(workspace))
    scope = Scope("campaignId", _("Campaign"), _("any campaign"), campaigns)
    for deed in _DEEDS:
        yield ByDeed(key=deed.key, label=deed.label, heading=HEADING, deed=deed, scope=scope)
    yield ByCampaign(key="campaigns", label=_("Campaigns"), heading=HEADING, choices=campaigns)
