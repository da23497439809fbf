"""`/v1/contacts`: people, one by one and many at once."""

from typing import Any, ClassVar

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from contacts import batches, filters, grouping, people, tagging
from contacts.enums import ContactStatus
from contacts.models import Contact, Group
from fluenzr.api.v1 import answers, errors, references
from fluenzr.api.v1.bodies import MAX_PER_PAGE, Body, Paged, Parameters, listed
from fluenzr.api.v1.contact_bodies import CONTACTS, EVERYBODY, ContactBody, Sources, show, show_all
from fluenzr.api.v1.resource import Resource
from fluenzr.api.v1.values import Choice, CommaList, Document, Reference, Text, Texts, Whole

MAX_BULK = 1000
SORTS = {
    "createdAt": "created_at",
    "updatedAt": "updated_at",
    "email": "email",
    "firstName": "first_name",
    "lastName": "last_name",
    "company": "company",
}


class ContactQuery(Paged):
    """What a list of contacts may be asked for."""

    sorts: ClassVar[dict[str, str]] = SORTS
    email = serializers.CharField(required=False)
    status = CommaList(Choice(ContactStatus.choices), required=False)
    groupId = Reference(Group, required=False)  # noqa: N815 - the API's name
    group = Reference(Group, required=False)
    tag = serializers.CharField(required=False)


class ContactList(Resource):
    """`/v1/contacts`."""

    def get(self, request: Request) -> Response:
        """List the contacts."""
        asked = self.parameters(ContactQuery)
        if asked["is_whole"]:
            return answers.page_of(EVERYBODY.of(self.workspace.pk), asked, show_all)
        rows = CONTACTS.in_workspace(self.workspace)
        if "email" in asked:
            rows = rows.filter(email__icontains=asked["email"])
        if "status" in asked:
            rows = rows.filter(status__in=asked["status"])
        for name in {"group", "groupId"} & asked.keys():
            rows = rows.in_groups([asked[name].pk])
        if "tag" in asked:
            rows = rows.tagged([asked["tag"]], workspace=self.workspace)
        return answers.page_of(rows, asked, show_all)

    def post(self, request: Request) -> Response:
        """Create a contact."""
        values = self.body(ContactBody)
        draft = Sources(self.workspace, [values]).draft(values)
        contact = people.create(workspace=self.workspace, draft=draft, by=self.by, now=self.now)
        return answers.created(show(CONTACTS.get(pk=contact.pk)))


class ContactOne(Resource):
    """`/v1/contacts/:id`."""

    def get(self, request: Request, contact_id: str) -> Response:
        """Show a contact."""
        return answers.one(show(self.find(CONTACTS, contact_id)))

    def put(self, request: Request, contact_id: str) -> Response:
        """Change the given fields of a contact."""
        contact: Contact = self.find(Contact, contact_id)
        values = self.body(ContactBody, partial=True, status=contact.status)
        draft = Sources(self.workspace, [values]).draft(values)
        people.update(contact, draft=draft, by=self.by, now=self.now)
        return answers.one(show(CONTACTS.get(pk=contact.pk)))

    def delete(self, request: Request, contact_id: str) -> Response:
        """Delete a contact; what was sent stays counted."""
        contact: Contact = self.find(Contact, contact_id)
        people.delete(workspace=self.workspace, contact_ids=[contact.pk], by=self.by, now=self.now)
        return answers.one({"id": contact.public_id, "deleted": True})


class BulkBody(Body):
    """Many contacts; each is checked by itself."""

    contacts = serializers.ListField(child=Document(), min_length=1, max_length=MAX_BULK)
    groupIds = Texts(required=False)  # noqa: N815 - the API's names
    onDuplicate = Choice(((batches.SKIP, ""), (batches.UPDATE, "")), default=batches.SKIP)  # noqa: N815


class ContactBulk(Resource):
    """`/v1/contacts/bulk`."""

    def post(self, request: Request) -> Response:
        """Create, update or skip each contact; what does not fit is reported and the rest is written."""
        values = self.body(BulkBody)
        path = "groupIds"
        groups = references.all_known(Group, self.workspace, values.get(path, []), path=path)
        rows, failed = self._checked_rows(values["contacts"])
        result = batches.write(
            workspace=self.workspace,
            drafts=[draft for _index, draft in rows],
            on_duplicate=values["onDuplicate"],
            groups=groups,
            by=self.by,
            now=self.now,
        )
        for error in result.errors:
            details = {at: [str(text) for text in texts] for at, texts in error.details.items()}
            failed.append(_row_error(rows[error.index][0], error.email, error.message, details))
        counts = {"created": len(result.created), "updated": len(result.updated), "skipped": result.skipped}
        return answers.one({**counts, "errors": sorted(failed, key=lambda entry: entry["index"])})

    def _checked_rows(self, documents: list[dict[str, Any]]) -> tuple[list[tuple[int, Any]], list[dict[str, Any]]]:
        checker = ContactBody(context={"workspace": self.workspace})
        bodies: list[tuple[int, Any]] = []
        failed: list[dict[str, Any]] = []
        for index, document in enumerate(documents):
            try:
                bodies.append((index, checker.run_validation(document)))
            except ValidationError as error:
                failed.append(_invalid_row(index, document, error))
        sources = Sources(self.workspace, [values for _index, values in bodies])
        rows: list[tuple[int, Any]] = []
        for index, values in bodies:
            try:
                rows.append((index, sources.draft(values)))
            except ValidationError as error:
                failed.append(_invalid_row(index, documents[index], error))
        return rows, failed


class SearchBody(Body):
    """A search: words, filters, order, page."""

    query = Text(required=False, allow_blank=True, max_length=500)
    filters = Document(required=False)
    sort = Document(required=False)
    page = Whole(min_value=1, default=1)
    perPage = Whole(min_value=1, max_value=MAX_PER_PAGE, default=20)  # noqa: N815 - the API's name

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Add the terms to order by."""
        order = SearchOrder(data=attrs.pop("sort", {}))
        if not order.is_valid():
            raise ValidationError({"sort": order.errors})
        column = SORTS[order.validated_data["field"]]
        sign = "-" if order.validated_data["order"] == "desc" else ""
        attrs["ordering"] = (f"{sign}{column}", f"{sign}pk")
        attrs["listed"] = listed(self)
        return attrs


class SearchOrder(Body):
    """How a search is sorted: newest first unless asked otherwise, a named field rising."""

    field = Choice([(name, name) for name in SORTS], required=False)
    order = Choice([("asc", ""), ("desc", "")], required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Fill in what was not said."""
        attrs.setdefault("order", "asc" if attrs else "desc")
        attrs.setdefault("field", "createdAt")
        return attrs


class ContactSearch(Resource):
    """`/v1/contacts/search`."""

    post_reads: ClassVar[bool] = True

    def post(self, request: Request) -> Response:
        """Find contacts by words and filters."""
        asked = self.body(SearchBody)
        rows = CONTACTS.in_workspace(self.workspace)
        rows = filters.narrowed(rows, self.workspace, asked.get("filters", {}))
        return answers.page_of(filters.matching(rows, asked.get("query", "")), asked, show_all)


class GroupIdsBody(Body):
    """The groups that a contact joins or leaves."""

    groupIds = Texts(min_length=1)  # noqa: N815 - the API's name


class GroupIdsQuery(Parameters):
    """The same in the query string, for clients whose DELETE has no body (contract A38)."""

    groupIds = CommaList(serializers.CharField(), required=False)  # noqa: N815 - the API's name


class ContactGroups(Resource):
    """`/v1/contacts/:id/groups`."""

    def post(self, request: Request, contact_id: str) -> Response:
        """Put the contact into groups."""
        contact: Contact = self.find(Contact, contact_id)
        for group in self._groups(self.body(GroupIdsBody)["groupIds"]):
            grouping.add(group=group, contact_ids=[contact.pk], now=self.now, source="api")
        return answers.one(show(CONTACTS.get(pk=contact.pk)))

    def delete(self, request: Request, contact_id: str) -> Response:
        """Take the contact out of groups."""
        contact: Contact = self.find(Contact, contact_id)
        given = self.parameters(GroupIdsQuery) or self.body(GroupIdsBody)
        for group in self._groups(given["groupIds"]):
            grouping.remove(group=group, contact_ids=[contact.pk])
        return answers.one(show(CONTACTS.get(pk=contact.pk)))

    def _groups(self, ids: list[str]) -> list[Group]:
        return references.all_known(Group, self.workspace, ids, path="groupIds")


class TagsBody(Body):
    """The tags that a contact gets or loses."""

    tags = Texts(min_length=1)


class TagsQuery(Parameters):
    """The same in the query string."""

    tags = CommaList(serializers.CharField(), required=False)


class ContactTags(Resource):
    """`/v1/contacts/:id/tags`."""

    def post(self, request: Request, contact_id: str) -> Response:
        """Tag the contact; new tags are made."""
        contact: Contact = self.find(Contact, contact_id)
        names = tagging.clean(self.body(TagsBody)["tags"])
        tagging.add(workspace=self.workspace, names={contact.pk: names}, now=self.now, source="api")
        return answers.one(show(CONTACTS.get(pk=contact.pk)))

    def delete(self, request: Request, contact_id: str) -> Response:
        """Take tags off the contact."""
        contact: Contact = self.find(Contact, contact_id)
        given = self.parameters(TagsQuery) or self.body(TagsBody)
        tagging.remove(workspace=self.workspace, contact_ids=[contact.pk], names=given["tags"])
        return answers.one(show(CONTACTS.get(pk=contact.pk)))


def _invalid_row(index: int, document: dict[str, Any], error: ValidationError) -> dict[str, Any]:
    problem = errors.problem_of(error)
    email = document.get("email")
    return _row_error(index, email if isinstance(email, str) else "", problem.message, problem.details)


def _row_error(index: int, email: str, message: str, details: dict[str, list[str]]) -> dict[str, Any]:
    code = "VALIDATION_ERROR"
    return {"index": index, "email": email or None, "code": code, "message": _(message), "details": details}
