"""A contact as the API takes and shows it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any, ClassVar

from django.db.models import QuerySet, Value
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from contacts import owners
from contacts.drafts import COLUMNS, Draft
from contacts.enums import ContactStatus
from contacts.models import Contact, Group, Membership, PipelineStage, Tagging
from fluenzr.api.v1 import references
from fluenzr.api.v1.bodies import Body
from fluenzr.api.v1.values import Amount, Choice, Document, Text, Texts
from fluenzr.core import clock, ids
from fluenzr.core.prepared import Prepared
from fluenzr.workspaces.models import User, Workspace

# What `show` needs of a contact's row and of those that it points at.
CONTACTS = Contact.objects.select_related("stage", "owner").only(
    "email",
    *COLUMNS.values(),
    "status",
    "custom",
    "stage__name",
    "deal_value",
    "owner__name",
    "owner__email",
    "hold_until",
    "created_at",
    "updated_at",
)


def _marks(keys: Sequence[Any]) -> "QuerySet[Any, Any]":
    """Return the tags and the groups of contacts: whose, which, its name, and whether it is a tag."""
    tags = Tagging.objects.filter(contact__in=keys).values_list("contact_id", "tag_id", "tag__name", Value(1))
    members = Membership.objects.filter(contact__in=keys)
    return tags.union(members.values_list("contact_id", "group_id", "group__name", Value(0)), all=True)


_MARKS = Prepared(_marks)

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


def show(contact: Contact) -> dict[str, Any]:
    """Return a contact of `CONTACTS` as the API shows it."""
    return show_all([contact])[0]


def show_all(contacts: Sequence[Contact]) -> list[dict[str, Any]]:
    """Return contacts of `CONTACTS` as the API shows them, what is blank as null: one query for all of them."""
    tags, groups = defaultdict(list), defaultdict(list)
    known: dict[Any, dict[str, Any]] = {}
    for key, what, name, is_tag in _MARKS.rows([contact.pk for contact in contacts]):
        if is_tag:
            tags[key].append(name)
        else:
            if what not in known:
                known[what] = {"id": ids.public(Group.prefix(), what), "name": name}
            groups[key].append(known[what])
    return [_shown(contact, sorted(tags[contact.pk]), groups[contact.pk]) for contact in contacts]


def _shown(contact: Contact, tags: list[str], groups: list[dict[str, Any]]) -> dict[str, Any]:
    stage = contact.stage
    return {
        "id": contact.public_id,
        "email": contact.email,
        **{name: getattr(contact, column) or None for name, column in COLUMNS.items()},
        "status": contact.status,
        "customFields": contact.custom,
        "tags": tags,
        "groups": sorted(groups, key=itemgetter("name")),
        "pipelineStage": {"id": stage.public_id, "name": stage.name} if stage else None,
        "dealValue": None if contact.deal_value is None else float(contact.deal_value),
        "owner": show_owner(contact.owner),
        "holdUntil": clock.to_iso(contact.hold_until),
        "createdAt": clock.to_iso(contact.created_at),
        "updatedAt": clock.to_iso(contact.updated_at),
    }


def show_owner(user: User | None) -> dict[str, Any] | None:
    """Return who looks after something as the API shows it."""
    return None if user is None else {"id": user.public_id, "name": user.name or None, "email": user.email}
