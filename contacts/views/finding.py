"""What an address names, in the workspace that the page shows."""

import uuid
from collections.abc import Iterable

from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from contacts.models import Contact, Group
from fluenzr.workspaces.models import Workspace


def contact(workspace: Workspace, public_id: str) -> Contact:
    """Return a contact, or raise the 404 that a stranger's contact gives too."""
    key = Contact.key_of(public_id)
    rows = Contact.objects.in_workspace(workspace).select_related("workspace", "stage")
    found: Contact | None = rows.filter(pk=key).first() if key else None
    if found is None:
        raise Http404
    return found


def group(workspace: Workspace, public_id: str) -> Group:
    """Return a group, or raise the 404 that a stranger's group gives too."""
    key = Group.key_of(public_id)
    rows = Group.objects.in_workspace(workspace).select_related("workspace")
    found: Group | None = rows.filter(pk=key).first() if key else None
    if found is None:
        raise Http404
    return found


def chosen(workspace: Workspace, public_ids: Iterable[str]) -> list[uuid.UUID]:
    """Return the keys of those contacts of the workspace that the ids name; the others are left out."""
    keys = [key for key in map(Contact.key_of, public_ids) if key]
    return list(Contact.objects.in_workspace(workspace).filter(pk__in=keys).values_list("pk", flat=True))


def way_back(request: HttpRequest) -> str:
    """Return the page that a form was on, as it says itself, else the list of contacts."""
    url = request.POST.get("next", "")
    is_ours = url.startswith("/") and url_has_allowed_host_and_scheme(url, {request.get_host()})
    return url if is_ours else reverse("contacts:list")
