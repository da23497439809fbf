"""`/v1/contacts/export`: contacts as a file, sent while it is read."""

import json
from typing import Any

from django.http import HttpResponseBase
from django.utils.translation import gettext as _
from rest_framework.request import Request

from contacts import exporting, filters
from contacts.models import Contact
from fluenzr.api.v1 import references
from fluenzr.api.v1.bodies import Body
from fluenzr.api.v1.contacts import MAX_BULK
from fluenzr.api.v1.resource import Resource
from fluenzr.api.v1.values import Choice, Document, Text, Texts
from fluenzr.core import spreadsheets


class ExportBody(Body):
    """Whom the file is about, as a search says it or by their ids; all of them where nothing is said."""

    format = Choice([(form, form) for form in exporting.FORMATS], default=exporting.CSV)
    query = Text(required=False, allow_blank=True, max_length=500)
    filters = Document(required=False)
    contactIds = Texts(required=False, min_length=1, max_length=MAX_BULK)  # noqa: N815 - the API's name


class ContactsExport(Resource):
    """`/v1/contacts/export`."""

    def post(self, request: Request) -> HttpResponseBase:
        """Hand out the file; as on the pages, who may only read may not take everybody away."""
        asked = self.body(ExportBody)
        rows = Contact.objects.in_workspace(self.workspace)
        if "contactIds" in asked:
            chosen = references.all_known(Contact, self.workspace, asked["contactIds"], path="contactIds")
            rows = rows.filter(pk__in=[contact.pk for contact in chosen])
        rows = filters.narrowed(rows, self.workspace, asked.get("filters", {}))
        table = exporting.table(
            workspace=self.workspace,
            contacts=filters.matching(rows, asked.get("query", "")),
            form=asked["format"],
            asked=_words(asked),
            by=self.by,
            now=self.now,
        )
        return spreadsheets.WRITERS[asked["format"]](_("Contacts"), head=table.head, rows=table.rows)


def _words(asked: dict[str, Any]) -> str:
    """Return what the record says of those who were meant."""
    if "contactIds" in asked:
        return "chosen"
    return json.dumps({name: asked[name] for name in ("query", "filters") if asked.get(name)}, ensure_ascii=False)
