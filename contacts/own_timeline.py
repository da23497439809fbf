"""What contacts themselves know of a person's past; see `contacts.timeline`."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts import addresses, timeline
from contacts.models import Consent, Contact, FieldChange, Membership, Note, StageMove, Suppression, Tagging, Task
from contacts.timeline import Entry, Kind, Source
from fluenzr.core.errors import Text

# The words of fields that no form of a workspace names; a custom field is known by its key.
_FIELDS: dict[str, Text] = {
    "email": gettext_lazy("Email"),
    "firstName": gettext_lazy("First name"),
    "lastName": gettext_lazy("Last name"),
    "company": gettext_lazy("Company"),
    "jobTitle": gettext_lazy("Job title"),
    "phone": gettext_lazy("Phone"),
    "website": gettext_lazy("Website"),
    "country": gettext_lazy("Country"),
    "language": gettext_lazy("Language"),
    "timezone": gettext_lazy("Time zone"),
    "notes": gettext_lazy("Notes"),
    "dealValue": gettext_lazy("Deal value"),
    "owner": gettext_lazy("Owner"),
    "holdUntil": gettext_lazy("Hold until"),
}


def _changed(row: FieldChange) -> Entry:
    text = f"{_shown(row.old, row.field)} → {_shown(row.new, row.field)}"
    return Entry(_FIELDS.get(row.field, row.field), text, by=row.by)


def _shown(value: Any, field: str) -> str:
    match value:
        case None | "":
            return "-"
        case bool():
            return _("Yes") if value else _("No")
        case str() if field == "holdUntil":
            return datetime.fromisoformat(value).date().isoformat()
        case _other:
            return str(value)


def _moved(row: StageMove) -> Entry:
    names = [stage.name if stage else "-" for stage in (row.from_stage, row.to_stage)]
    by = _("a reply") if row.by == "reply" else row.by
    return Entry(_("Stage"), " → ".join(names), by=by, tone="blue")


def _noted(row: Note) -> Entry:
    return Entry(_("Note"), detail=row.text, by=row.by, tone="amber", page_id=row.public_id, form="contacts:note-edit")


def _suppressed(row: Suppression) -> Entry:
    # A mail is the source where nobody did it by hand.
    by = "" if row.source.startswith("msg_") else row.source
    return Entry(_("Suppressed"), row.get_reason_display(), by=by, tone="red")


def _suppressions(contact: Contact) -> "QuerySet[Suppression]":
    hashes = [addresses.address_hash(contact.email)] if contact.email else []
    return Suppression.objects.in_workspace(contact.workspace_id).matching(hashes)


def _created(row: Contact) -> Entry:
    if row.origin is None:
        return Entry(_("Contact added"))
    return Entry(
        _("Imported"), row.origin.file_name, by=row.origin.by, page="contacts:import", page_id=row.origin.public_id
    )


def _of(model: Any, *related: str) -> Any:
    return lambda contact: model.objects.filter(contact=contact).select_related(*related)


def _group(row: Membership) -> Entry:
    return Entry(_("Joined a group"), row.group.name, page="contacts:group", page_id=row.group.public_id)


def _itself(contact: Contact) -> "QuerySet[Contact]":
    rows: QuerySet[Contact] = Contact.objects.filter(pk=contact.pk)
    return rows


timeline.register(Source(Kind.NOTE, _of(Note), "at", _noted))
timeline.register(
    Source(
        Kind.NOTE,
        lambda contact: Task.objects.filter(contact=contact, done_at__isnull=False).select_related("owner"),
        "done_at",
        lambda row: Entry(_("Task done"), row.text, by=str(row.owner or ""), tone="green"),
    )
)
timeline.register(Source(Kind.CHANGE, _of(FieldChange), "at", _changed))
timeline.register(Source(Kind.STAGE, _of(StageMove, "from_stage", "to_stage"), "at", _moved))
timeline.register(
    Source(
        Kind.CONSENT,
        _of(Consent),
        "given_at",
        lambda row: Entry(_("Consent"), row.get_source_display(), detail=row.wording, by=row.by, tone="green"),
    )
)
timeline.register(Source(Kind.CONSENT, _suppressions, "created_at", _suppressed))
timeline.register(
    Source(
        Kind.CONSENT,
        lambda contact: _itself(contact).filter(objected_at__isnull=False),
        "objected_at",
        lambda _row: Entry(_("Objected to tracking"), tone="amber"),
    )
)
timeline.register(Source(Kind.GROUP, _of(Membership, "group"), "added_at", _group))
timeline.register(Source(Kind.GROUP, _of(Tagging, "tag"), "added_at", lambda row: Entry(_("Tagged"), row.tag.name)))
timeline.register(
    Source(Kind.CHANGE, lambda contact: _itself(contact).select_related("origin"), "created_at", _created)
)
