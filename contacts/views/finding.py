"""What an address names, in the workspace that the page shows."""

import uuid

from django.http import QueryDict

from contacts import filters
from contacts.filters import Found
from contacts.forms import ContactFilters
from contacts.models import Contact, ContactQuerySet, CustomField, Group, Note, PipelineStage, Segment, Tag
from fluenzr.core import finding
from fluenzr.workspaces.models import Workspace


def contact(workspace: Workspace, public_id: str) -> Contact:
    """Return a contact of the workspace, or raise the 404 of `core.finding`."""
    rows = Contact.objects.in_workspace(workspace).select_related("workspace", "stage", "owner")
    return finding.one(Contact, rows, public_id)


def group(workspace: Workspace, public_id: str) -> Group:
    """Return a group of the workspace, or raise the 404 of `core.finding`."""
    rows = Group.objects.in_workspace(workspace).select_related("workspace")
    return finding.one(Group, rows, public_id)


def segment(workspace: Workspace, public_id: str) -> Segment:
    """Return a segment of the workspace, or raise the 404 of `core.finding`."""
    rows = Segment.objects.in_workspace(workspace).select_related("workspace")
    return finding.one(Segment, rows, public_id)


def narrowed(workspace: Workspace, form: ContactFilters) -> ContactQuerySet:
    """Return the contacts that a filter form asks for; what it says wrongly is left out."""
    return searched(workspace, form).rows


def searched(workspace: Workspace, form: ContactFilters, *, most: int = 0) -> Found[ContactQuerySet]:
    """Return the same, counted up to `most` where the search tells that."""
    query, wanted = form.wanted()
    rows = filters.narrowed(Contact.objects.in_workspace(workspace), workspace, wanted)
    return filters.search(rows, query, most=most)


def meant(workspace: Workspace, form: QueryDict) -> ContactQuerySet:
    """Return the contacts that a bulk form is about: all that match its `query`, else the `chosen`."""
    if form.get("all"):
        return narrowed(workspace, ContactFilters(QueryDict(form.get("query", "")), workspace=workspace))
    keys = [key for key in map(Contact.key_of, form.getlist("chosen")) if key]
    rows: ContactQuerySet = Contact.objects.in_workspace(workspace).filter(pk__in=keys)
    return rows


def asked_for(workspace: Workspace, form: QueryDict) -> list[uuid.UUID]:
    """Return the keys of the contacts that a bulk form is about."""
    return list(meant(workspace, form).values_list("pk", flat=True))


def stage(workspace: Workspace, public_id: str) -> PipelineStage:
    """Return a stage of the workspace, or raise the 404 of `core.finding`."""
    rows = PipelineStage.objects.in_workspace(workspace)
    return finding.one(PipelineStage, rows, public_id)


def custom_field(workspace: Workspace, public_id: str) -> CustomField:
    """Return a custom field of the workspace, or raise the 404 of `core.finding`."""
    rows = CustomField.objects.in_workspace(workspace).select_related("workspace")
    return finding.one(CustomField, rows, public_id)


def note(workspace: Workspace, public_id: str) -> Note:
    """Return a note of the workspace, or raise the 404 of `core.finding`."""
    rows = Note.objects.in_workspace(workspace).select_related("workspace", "contact")
    return finding.one(Note, rows, public_id)


def tag(workspace: Workspace, public_id: str) -> Tag:
    """Return a tag of the workspace, or raise the 404 of `core.finding`."""
    rows = Tag.objects.in_workspace(workspace).select_related("workspace")
    return finding.one(Tag, rows, public_id)
