"""A contact as the API takes and shows it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet, Value
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from contacts import owners
from contacts.drafts import COLUMNS, Draft
from contacts.enums import ContactStatus
from contacts.models import Contact, Group, Membership, PipelineStage, Tagging
from fluenzr.api.v1 import paging, references
from fluenzr.api.v1.bodies import Body
from fluenzr.api.v1.values import Amount, Choice, Document, Text, Texts
from fluenzr.core import ids
from fluenzr.core.prepared import Prepared
from fluenzr.core.printed import Iso
from fluenzr.workspaces.models import User, Workspace

# What `show` needs of a contact and of what it points at.
CONTACTS: Any = Contact.objects.values_list(
    "id",
    "email",
    "status",
    "custom",
    "stage_id",
    "stage__name",
    "deal_value",
    "owner_id",
    "owner__name",
    "owner__email",
    Iso("hold_until"),
    Iso("created_at"),
    Iso("updated_at"),
    *COLUMNS.values(),
)
EVERYBODY = paging.Whole(CONTACTS.in_workspace)
Row = Sequence[Any]


def _marks(keys: Sequence[Any]) -> "QuerySet[Any, Any]":
    """Return the tags and the groups of contacts: whose, which, its name, and whether it is a tag."""
    tags = Tagging.objects.filter(contact__in=keys).values_list("contact_id", "tag_id", "tag__name", Value(1))
    members = Membership.objects.filter(contact__in=keys)
    return tags.union(members.values_list("contact_id", "group_id", "group__name", Value(0)), all=True)


_MARKS = Prepared(_marks)
_PREFIX = Contact.prefix()

# Where a body names what a draft holds as an object.
_PATHS = {"stage": "pipelineStageId", "owner": "ownerId"}


def _optional() -> Text:
    # How long each may be is the domain's to say.
    return Text(required=False, allow_null=True, allow_blank=True)


class ContactBody(Body):
    """What may be written; an answer of GET can be put back."""

    ignored: ClassVar[tuple[str, ...]] = (
        "id",
        "groups",
        "pipelineStage",
        "owner",
        "holdUntil",
        "createdAt",
        "updatedAt",
    )

    email = Text(max_length=1000)
    firstName = _optional()  # noqa: N815 - the API's names
    lastName = _optional()  # noqa: N815
    company = _optional()
    jobTitle = _optional()  # noqa: N815
    phone = _optional()
    website = _optional()
    country = _optional()
    timezone = _optional()
    language = _optional()
    notes = _optional()
    customFields = Document(required=False)  # noqa: N815
    tags = Texts(required=False)
    groupIds = Texts(required=False)  # noqa: N815
    groupId = Text(required=False)  # noqa: N815
    pipelineStageId = Text(required=False, allow_null=True)  # noqa: N815
    dealValue = Amount(required=False, allow_null=True)  # noqa: N815
    ownerId = Text(required=False, allow_null=True)  # noqa: N815
    status = Choice(ContactStatus.choices, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse two ways to say the groups, and a status that is not the contact's own (contract A25)."""
        if "groupId" in attrs:
            if "groupIds" in attrs:
                raise ValidationError({"groupId": [_("Give groupIds or groupId, not both")]})
            attrs["groupIds"] = [attrs.pop("groupId")]
        own = self.context.get("status", ContactStatus.ACTIVE)
        if attrs.pop("status", own) != own:
            raise ValidationError({"status": [_("The status cannot be written; use POST /v1/suppressions")]})
        return attrs


class Sources:
    """The groups, stages and owners that bodies refer to, loaded once however many bodies there are."""

    def __init__(self, workspace: Workspace, bodies: Sequence[Mapping[str, Any]]) -> None:
        given = [text for body in bodies for text in body.get("groupIds", ())]
        keys = references.known(Group, workspace, given) if given else {}
        rows = Group.objects.in_workspace(workspace).in_bulk(list(keys.values())) if keys else {}
        self.groups: dict[str, Group] = {text: rows[key] for text, key in keys.items()}
        self.stages: dict[str, PipelineStage] = {}
        if any(body.get("pipelineStageId") for body in bodies):
            self.stages = {stage.public_id: stage for stage in PipelineStage.objects.in_workspace(workspace)}
        self.owners = owners.candidates(workspace) if any(body.get("ownerId") for body in bodies) else {}

    def draft(self, values: Mapping[str, Any]) -> Draft:
        """Return the domain's draft of a checked body.

        Raises:
            ValidationError: a group, stage or owner is not of this workspace; the details name its path.
        """
        names = ("email", "tags", "customFields", "dealValue", *COLUMNS)
        draft: Any = {name: values[name] for name in names if name in values}
        unknown = [_("There is no such object in this workspace")]
        problems: dict[str, list[str]] = {}
        if "groupIds" in values:
            given = values["groupIds"]
            problems |= {f"groupIds.{at}": unknown for at, text in enumerate(given) if text not in self.groups}
            draft["groups"] = [self.groups[text] for text in dict.fromkeys(given) if text in self.groups]
        for name, known in (("stage", self.stages), ("owner", self.owners)):
            path = _PATHS[name]
            if path in values:
                text = values[path]
                draft[name] = known.get(text) if text else None
                if text and draft[name] is None:
                    problems[path] = unknown
        if problems:
            raise ValidationError(problems)
        checked: Draft = draft
        return checked


def show(row: Row) -> dict[str, Any]:
    """Return a contact of `CONTACTS` as the API shows it."""
    return show_all([row])[0]


def show_all(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return contacts of `CONTACTS` as the API shows them, what is blank as null: one query for all of them."""
    tags, groups = defaultdict(list), defaultdict(list)
    # Few of them are many people's.
    known: dict[Any, Any] = {}
    for key, what, name, is_tag in _MARKS.rows([row[0] for row in rows]):
        if is_tag:
            tags[key].append(name)
        else:
            groups[key].append(known.get(what) or known.setdefault(what, _named(Group, what, name)))
    return [_shown(row, sorted(tags[row[0]]), sorted(groups[row[0]], key=itemgetter("name")), known) for row in rows]


def _shown(row: Row, tags: list[str], groups: list[dict[str, Any]], known: dict[Any, Any]) -> dict[str, Any]:
    key, email, status, custom, stage, stage_name, value, owner, *who, hold_until, created_at, updated_at = row[:13]
    if stage and stage not in known:
        known[stage] = _named(PipelineStage, stage, stage_name)
    if owner and owner not in known:
        known[owner] = _owner(owner, *who)
    return {
        "id": ids.public(_PREFIX, key),
        "email": email,
        **{name: text or None for name, text in zip(COLUMNS, row[13:], strict=True)},
        "status": status,
        "customFields": custom,
        "tags": tags,
        "groups": groups,
        "pipelineStage": known.get(stage),
        "dealValue": None if value is None else float(value),
        "owner": known.get(owner),
        "holdUntil": hold_until,
        "createdAt": created_at,
        "updatedAt": updated_at,
    }


def _named(model: Any, key: UUID, name: str) -> dict[str, Any]:
    return {"id": ids.public(model.prefix(), key), "name": name}


def _owner(key: UUID, name: str, email: str) -> dict[str, Any]:
    return {"id": ids.public(User.prefix(), key), "name": name or None, "email": email}


def show_owner(user: User | None) -> dict[str, Any] | None:
    """Return who looks after something as the API shows it."""
    return None if user is None else _owner(user.pk, user.name, user.email)
