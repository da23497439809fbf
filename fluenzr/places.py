"""What the search box finds: people, campaigns and accounts by their names, and pages and actions by theirs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign
from contacts import filters
from contacts.models import Contact, Group
from fluenzr.core import search
from fluenzr.core.search import Hit
from fluenzr.mailboxes.models import Account
from fluenzr.workspaces import access
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.models import Member


@dataclass(frozen=True)
class Place:
    """A page or an action, and the role that it needs; `also` are other words that people look for it by."""

    label: Any
    page: str
    role: Role = Role.VIEWER
    also: Any = ""


ACTIONS = (
    Place(_("New campaign"), "campaigns:new", Role.MEMBER, _("create sequence")),
    Place(_("Add a contact"), "contacts:new", Role.MEMBER, _("new create person")),
    Place(_("Import contacts"), "contacts:import", Role.MEMBER, _("upload CSV XLSX")),
    Place(_("New group"), "contacts:group-new", Role.MEMBER, _("create list")),
    Place(_("Connect an email account"), "mailboxes:new", Role.ADMIN, _("new mailbox SMTP IMAP")),
    Place(_("Invite somebody"), "workspaces:members", Role.ADMIN, _("new member team")),
    Place(_("New workspace"), "workspaces:new", Role.VIEWER, _("create")),
)
PAGES = (
    Place(_("Dashboard"), "home", also=_("home")),
    Place(_("Campaigns"), "campaigns:list"),
    Place(_("Contacts"), "contacts:list", also=_("people")),
    Place(_("Companies"), "contacts:companies", also=_("domains")),
    Place(_("Groups"), "contacts:groups", also=_("lists")),
    Place(_("Tags"), "contacts:tags"),
    Place(_("Pipeline"), "pipeline:board", also=_("stages deals")),
    Place(_("Email accounts"), "mailboxes:list", also=_("mailboxes")),
    Place(_("Sandbox"), "tracking:sandbox", also=_("mails test")),
    Place(_("Workspace settings"), "workspaces:settings", also=_("address signature tracking")),
    Place(_("Members"), "workspaces:members", also=_("team roles invitations")),
    Place(_("API keys"), "workspaces:api-keys", Role.ADMIN),
    Place(_("Contact fields"), "contact-settings:fields", also=_("custom own")),
    Place(_("Plan"), "workspaces:plan", also=_("limits usage")),
    Place(_("Profile"), "workspaces:profile", also=_("language time zone name")),
    Place(_("Security"), "mfa_index", also=_("password passkeys two-factor sessions")),
)


def register() -> None:
    """Let the search box ask here. Once, at start."""
    search.register("campaigns", _("Campaigns"), _campaigns)
    search.register("contacts", _("Contacts"), _contacts)
    search.register("groups", _("Groups"), _groups)
    search.register("accounts", _("Email accounts"), _accounts)
    search.register("actions", _("Actions"), _finder(ACTIONS), is_offered=True)
    search.register("pages", _("Pages"), _finder(PAGES), is_offered=True)


def _campaigns(member: Member, text: str, limit: int) -> Sequence[Hit]:
    rows = Campaign.objects.in_workspace(member.workspace_id).filter(name__icontains=text).order_by("-pk")[:limit]
    return [
        Hit(one.name, reverse("campaigns:overview", args=[one.public_id]), one.get_status_display()) for one in rows
    ]


def _contacts(member: Member, text: str, limit: int) -> Sequence[Hit]:
    rows = filters.matching(Contact.objects.in_workspace(member.workspace_id), text).order_by("-pk")[:limit]
    return [
        Hit(
            f"{one.first_name} {one.last_name}".strip() or str(one),
            reverse("contacts:card", args=[one.public_id]),
            one.email or one.company,
        )
        for one in rows
    ]


def _groups(member: Member, text: str, limit: int) -> Sequence[Hit]:
    rows = Group.objects.in_workspace(member.workspace_id).filter(name__icontains=text).order_by("name", "pk")[:limit]
    return [Hit(one.name, reverse("contacts:group", args=[one.public_id])) for one in rows]


def _accounts(member: Member, text: str, limit: int) -> Sequence[Hit]:
    rows = Account.objects.in_workspace(member.workspace_id).listed().filter(email__icontains=text)
    found = rows.order_by("email", "pk")[:limit]
    return [
        Hit(one.email, reverse("mailboxes:account", args=[one.public_id]), one.get_status_display()) for one in found
    ]


def _finder(places: Sequence[Place]) -> search.Finder:
    def find(member: Member, text: str, limit: int) -> Sequence[Hit]:
        """Return the places that have each typed word; typed nothing, the first ones."""
        words = text.casefold().split()
        found = []
        for place in places:
            url = _url(place.page)
            known = f"{place.label} {place.also}".casefold()
            if url and access.allows(member.role, place.role) and all(word in known for word in words):
                found.append(Hit(str(place.label), url))
        return found[:limit]

    return find


def _url(page: str) -> str:
    """Return the address of a page, or nothing where the installation has no such page."""
    try:
        return reverse(page)
    except NoReverseMatch:
        return ""
