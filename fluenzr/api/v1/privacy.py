"""`/v1/contacts/:id/...`: the rights of one person: to know, to be forgotten, to be left alone; and retention."""

from datetime import datetime
from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from contacts import consents, contact_settings, holds, records, standing
from contacts.consents import Basis
from contacts.enums import ConsentSource
from contacts.models import Consent, Contact, ContactSettings
from fluenzr.api.v1 import answers
from fluenzr.api.v1.bodies import Body, Nothing, Paged
from fluenzr.api.v1.contact_bodies import CONTACTS, show
from fluenzr.api.v1.resource import Resource
from fluenzr.api.v1.values import Choice, Instant, Text, Whole
from fluenzr.core import clock

# What may be asked for a person; the names are those of the paths.
ACTS = ("unsubscribe", "block", "restore", "object")


class OneContact(Resource):
    """Something about one contact."""

    def contact(self, contact_id: str) -> Contact:
        """Return the contact of this workspace with this id, or raise NotFound."""
        found: Contact = self.find(Contact.objects.select_related("workspace", "stage", "owner"), contact_id)
        return found


class HoldBody(Body):
    """When campaigns may write again; a date alone begins at its midnight in the zone of the workspace."""

    holdUntil = Instant()  # noqa: N815 - the API's name


class ContactHold(OneContact):
    """`/v1/contacts/:id/hold`."""

    def put(self, request: Request, contact_id: str) -> Response:
        """Let no campaign write before a moment; all go on from there by themselves."""
        return self._changed(self.contact(contact_id), self.body(HoldBody)["holdUntil"])

    def delete(self, request: Request, contact_id: str) -> Response:
        """Lift the hold."""
        return self._changed(self.contact(contact_id), None)

    def _changed(self, contact: Contact, until: datetime | None) -> Response:
        holds.change(contact, until=until, by=self.by, now=self.now)
        return answers.one(show(CONTACTS.get(pk=contact.pk)))


class ConsentBody(Body):
    """An entry of the consent ledger."""

    source = Choice(ConsentSource.choices)  # type: ignore[assignment]
    wording = Text(required=False, allow_blank=True, max_length=consents.MAX_WORDING)
    notes = Text(required=False, allow_blank=True, max_length=consents.MAX_WORDING)


class ConsentQuery(Paged):
    """A ledger has one order: the newest first."""

    default_ordering: ClassVar[tuple[str, ...]] = ("-given_at", "-pk")


class ContactConsents(OneContact):
    """`/v1/contacts/:id/consents`."""

    def get(self, request: Request, contact_id: str) -> Response:
        """List where the right to write comes from; the newest entry counts, and none is ever changed."""
        rows = Consent.objects.filter(contact=self.contact(contact_id))
        return answers.page(rows, self.parameters(ConsentQuery), show_consent)

    def post(self, request: Request, contact_id: str) -> Response:
        """Add an entry."""
        contact, given = self.contact(contact_id), self.body(ConsentBody)
        basis, notes = Basis(given["source"], given.get("wording", "")), given.get("notes", "")
        row = consents.add(contact, basis=basis, notes=notes, by=self.by, now=self.now)
        return answers.created(show_consent(row))


class ContactExport(OneContact):
    """`/v1/contacts/:id/export`."""

    def get(self, request: Request, contact_id: str) -> Response:
        """Show all that is known of a person, in every table."""
        return answers.one(records.export(self.contact(contact_id), by=self.by, now=self.now))


class ContactErase(OneContact):
    """`/v1/contacts/:id/erase`."""

    def post(self, request: Request, contact_id: str) -> Response:
        """Delete a person and all that is known of them; only a keyed hash stays, so that nobody writes again."""
        self.body(Nothing)
        records.erase(self.contact(contact_id), by=self.by, now=self.now)
        return answers.one({"id": contact_id, "erased": True})


class ContactStanding(OneContact):
    """`/v1/contacts/:id/unsubscribe`, `block`, `restore`, `object`."""

    # `as_view` sets it.
    act = ""

    def post(self, request: Request, contact_id: str) -> Response:
        """Let a person be written to no more, or again, or no longer be tracked; the answer is the contact."""
        self.body(Nothing)
        contact = self.contact(contact_id)
        who: dict[str, Any] = {"contacts": [contact], "now": self.now}
        match self.act:
            case "unsubscribe":
                standing.unsubscribe(source=self.by, **who)
            case "block":
                standing.block(source=self.by, **who)
            case "restore":
                standing.restore(by=self.by, **who)
            case "object":
                standing.object_to_tracking(**who)
        return answers.one(show(CONTACTS.get(pk=contact.pk)))


class SettingsBody(Body):
    """What a workspace chooses about its people; null keeps for ever."""

    currency = Text(required=False, max_length=3)
    hitsDays = Whole(source="hits_days", required=False, allow_null=True)  # noqa: N815 - the API's names
    contentsDays = Whole(source="contents_days", required=False, allow_null=True)  # noqa: N815
    idleDays = Whole(source="idle_days", required=False, allow_null=True)  # noqa: N815


class Settings(Resource):
    """`/v1/contact-settings`."""

    def get(self, request: Request) -> Response:
        """Show the currency of deals, and how many days what is known of people is kept."""
        return answers.one(show_settings(contact_settings.of(self.workspace)))

    def put(self, request: Request) -> Response:
        """Change the given settings."""
        given = self.body(SettingsBody)
        return answers.one(show_settings(contact_settings.change(self.workspace, by=self.by, now=self.now, **given)))


def show_consent(row: Consent) -> dict[str, Any]:
    """Return an entry of the ledger as the API shows it."""
    return {
        "source": row.source,
        "wording": row.wording or None,
        "notes": row.notes or None,
        "by": row.by,
        "givenAt": clock.to_iso(row.given_at),
    }


def show_settings(row: ContactSettings) -> dict[str, Any]:
    """Return the settings as the API shows them."""
    return {
        "currency": row.currency,
        "hitsDays": row.hits_days,
        "contentsDays": row.contents_days,
        "idleDays": row.idle_days,
    }
