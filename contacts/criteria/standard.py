"""What is known of a contact: columns, tags, groups, consent, and last the fields that its workspace added."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db import connection
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from contacts import companies
from contacts.criteria.base import Criterion, Field, Listed, Operator, Place, Query, Rows, Takes
from contacts.criteria.custom import custom
from contacts.criteria.registry import register
from contacts.criteria.types import BLANKS, ByChoice, ByMoment, ByRow, ByState, ByText, by_key, equality
from contacts.enums import ConsentSource, ContactStatus
from contacts.models import Consent, Domain, Group, Membership, PipelineStage, Tag, Tagging
from contacts.models.searched import COLUMNS, Words, within
from fluenzr.core.errors import Text
from fluenzr.workspaces.models import User, Workspace

PERSON, STANDING, DATES = _("Contact"), _("Where they stand"), _("Dates")
_TEXTS: tuple[tuple[str, str, Text], ...] = (
    ("email", "email", _("Email")),
    ("firstName", "first_name", _("First name")),
    ("lastName", "last_name", _("Last name")),
    ("company", "company", _("Company")),
    ("jobTitle", "job_title", _("Job title")),
    ("phone", "phone", _("Phone")),
    ("website", "website", _("Website")),
    ("country", "country", _("Country")),
    ("language", "language", _("Language")),
    ("timezone", "timezone", _("Time zone")),
    ("notes", "notes", _("Notes")),
)
_MOMENTS: tuple[tuple[str, str, Text], ...] = (
    ("createdAt", "created_at", _("Date added")),
    ("updatedAt", "updated_at", _("Last change")),
    ("statusAt", "status_at", _("Last change of status")),
    ("stageAt", "stage_at", _("Last change of stage")),
    ("holdUntil", "hold_until", _("End of the hold")),
    ("objectedAt", "objected_at", _("Objection to tracking")),
)


def column(name: str) -> Place:
    """Return the place of a column of contacts."""
    return lambda _query: name


def _among_words(query: Query, text: str, *, begins: bool, ends: bool) -> Q:
    """Return what the index of PostgreSQL knows of a column that holds the text; nothing of a part of one word."""
    asked = within(text, begins=begins, ends=ends) if connection.vendor == "postgresql" else ""
    return Q(**{f"{query.name(Words())}__meet": asked}) if asked else Q()


@dataclass(frozen=True, kw_only=True)
class ByTag(ByRow):
    """Tags."""

    type: ClassVar = "tags"
    operators: ClassVar = by_key(
        (
            Operator("has_any", _("has any of"), _("is tagged %(value)s"), Takes.CHOICES),
            Operator("has_all", _("has all of"), _("is tagged with all of %(value)s"), Takes.CHOICES),
            Operator("has_none", _("has none of"), _("is not tagged %(value)s"), Takes.CHOICES),
            Operator("is_blank", _("has none at all"), _("has no tag"), Takes.NOTHING),
            Operator("is_not_blank", _("has one at least"), _("has a tag"), Takes.NOTHING),
        )
    )


@dataclass(frozen=True, kw_only=True)
class ByGroup(ByRow):
    """Groups."""

    type: ClassVar = "groups"
    operators: ClassVar = by_key(
        (
            Operator("has_any", _("is in any of"), _("is in the group %(value)s"), Takes.CHOICES),
            Operator("has_all", _("is in all of"), _("is in all of the groups %(value)s"), Takes.CHOICES),
            Operator("has_none", _("is in none of"), _("is not in the group %(value)s"), Takes.CHOICES),
            Operator("is_blank", _("is in none at all"), _("is in no group"), Takes.NOTHING),
            Operator("is_not_blank", _("is in one at least"), _("is in a group"), Takes.NOTHING),
        )
    )


@dataclass(frozen=True, kw_only=True)
class ByConsent(Field):
    """Where the right to write to somebody comes from: the newest entry counts."""

    type: ClassVar = ByChoice.type
    operators: ClassVar = ByChoice.operators

    def condition(self, asked: Criterion, query: Query) -> Q:
        """Look for the newest entry."""
        rows: Any = Consent.objects.filter(contact=OuterRef("pk"))
        if asked.operator in BLANKS:
            return ~Q(Exists(rows)) if asked.operator.key == "is_blank" else Q(Exists(rows))
        newer = Consent.objects.filter(contact=OuterRef("contact"), given_at__gt=OuterRef("given_at"))
        found = Q(Exists(rows.filter(~Exists(newer), source__in=[one.key for one in asked.value])))
        return found if asked.operator.key == "is" else ~found


@dataclass(frozen=True, kw_only=True)
class ByCompany(Field):
    """The company that the domain of an address tells; whoever has none is of another one, too."""

    type: ClassVar = "company"
    operators: ClassVar = by_key(equality(Takes.TEXT))

    def condition(self, asked: Criterion, query: Query) -> Q:
        """Compare."""
        company = companies.named(asked.value)
        name = query.name(Domain("email_key"))
        found = Q(**{name: company}) if company else Q(pk__in=[])
        return found if asked.operator.key == "is" else Q(**{f"{name}__isnull": True}) | ~found


@register
def known(workspace: Workspace) -> Iterator[Field]:
    """Yield what may be asked about contacts themselves."""
    for key, name, label in _TEXTS:
        known_by = _among_words if name in COLUMNS else None
        yield ByText(key=key, label=label, heading=PERSON, place=column(name), within=known_by)
    yield ByCompany(key="companyDomain", label=_("Company domain"), heading=PERSON)
    users = User.objects.filter(memberships__workspace=workspace)
    yield ByChoice(
        key="owner", label=_("Owner"), heading=PERSON, place=column("owner"), choices=Rows(users, label="email")
    )
    yield ByTag(
        key="tags",
        label=_("Tags"),
        heading=STANDING,
        model=Tagging,
        column="tag",
        choices=Rows(Tag.objects.in_workspace(workspace), by="name"),
    )
    yield ByGroup(
        key="groups",
        label=_("Groups"),
        heading=STANDING,
        model=Membership,
        column="group",
        choices=Rows(Group.objects.in_workspace(workspace)),
    )
    yield ByState(
        key="status",
        label=_("Status"),
        heading=STANDING,
        place=column("status"),
        choices=Listed(ContactStatus.choices),
    )
    yield ByChoice(
        key="pipelineStage",
        label=_("Stage"),
        heading=STANDING,
        place=column("stage"),
        choices=Rows(PipelineStage.objects.in_workspace(workspace)),
    )
    yield ByConsent(
        key="consentSource", label=_("Consent from"), heading=STANDING, choices=Listed(ConsentSource.choices)
    )
    for key, name, label in _MOMENTS:
        yield ByMoment(key=key, label=label, heading=DATES, place=column(name))
    yield from custom(workspace)
