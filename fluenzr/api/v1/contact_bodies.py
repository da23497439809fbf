"""A contact as the API takes and shows it."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from contacts.drafts import COLUMNS, Draft
from contacts.enums import ContactStatus
from contacts.models import Contact, Group, PipelineStage
from fluenzr.api.v1 import references
from fluenzr.api.v1.bodies import Body
from fluenzr.api.v1.values import Choice, Document, Text, Texts
from fluenzr.core import clock
from fluenzr.workspaces.models import Workspace

# What `show` needs, so that a list makes a fixed number of queries.
CONTACTS = Contact.objects.select_related("stage").prefetch_related("memberships__group", "taggings__tag")


def _optional() -> Text:
    # How long each may be is the domain's to say.
    return Text(required=False, allow_null=True, allow_blank=True)


class ContactBody(Body):
    """What may be written; an answer of GET can be put back."""

    ignored: ClassVar[tuple[str, ...]] = ("id", "groups", "pipelineStage", "createdAt", "updatedAt")

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
    """The groups and stages that bodies refer to, loaded once however many bodies there are."""

    def __init__(self, workspace: Workspace, bodies: Sequence[Mapping[str, Any]]) -> None:
        ids = [text for body in bodies for text in body.get("groupIds", ())]
        keys = references.known(Group, workspace, ids) if ids else {}
        rows = Group.objects.in_workspace(workspace).in_bulk(list(keys.values())) if keys else {}
        self.groups: dict[str, Group] = {text: rows[key] for text, key in keys.items()}
        self.stages: dict[str, PipelineStage] = {}
        if any(body.get("pipelineStageId") for body in bodies):
            self.stages = {stage.public_id: stage for stage in PipelineStage.objects.in_workspace(workspace)}

    def draft(self, values: Mapping[str, Any]) -> Draft:
        """Return the domain's draft of a checked body.

        Raises:
            ValidationError: a group or stage is not of this workspace; the details name its path.
        """
        draft: Any = {name: values[name] for name in ("email", "tags", "customFields", *COLUMNS) if name in values}
        unknown = [_("There is no such object in this workspace")]
        problems: dict[str, list[str]] = {}
        if "groupIds" in values:
            ids = values["groupIds"]
            problems |= {f"groupIds.{at}": unknown for at, text in enumerate(ids) if text not in self.groups}
            draft["groups"] = [self.groups[text] for text in dict.fromkeys(ids) if text in self.groups]
        if "pipelineStageId" in values:
            text = values["pipelineStageId"]
            draft["stage"] = self.stages.get(text) if text else None
            if text and draft["stage"] is None:
                problems["pipelineStageId"] = unknown
        if problems:
            raise ValidationError(problems)
        checked: Draft = draft
        return checked


def show(contact: Contact) -> dict[str, Any]:
    """Return a contact of `CONTACTS` as the API shows it; what is blank is null."""
    groups = sorted((membership.group for membership in contact.memberships.all()), key=lambda group: group.name)
    stage = contact.stage
    return {
        "id": contact.public_id,
        "email": contact.email,
        **{name: getattr(contact, column) or None for name, column in COLUMNS.items()},
        "status": contact.status,
        "customFields": contact.custom,
        "tags": sorted(tagging.tag.name for tagging in contact.taggings.all()),
        "groups": [{"id": group.public_id, "name": group.name} for group in groups],
        "pipelineStage": {"id": stage.public_id, "name": stage.name} if stage else None,
        "createdAt": clock.to_iso(contact.created_at),
        "updatedAt": clock.to_iso(contact.updated_at),
    }
