"""What staff see of contacts: who may be written to and why, groups, tags, fields, and what changed."""

from collections.abc import Callable
from typing import Any, ClassVar, cast

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _

from contacts import addresses, records, standing, suppression, tagging
from contacts.criteria import rules
from contacts.models import (
    Consent,
    Contact,
    ContactSettings,
    CustomField,
    FieldChange,
    FormerName,
    Group,
    GroupQuerySet,
    Import,
    ImportPart,
    Membership,
    Note,
    PipelineStage,
    RejectedRow,
    Segment,
    StageMove,
    Suppression,
    Tag,
    Tagging,
    Task,
)
from fluenzr.core.admin import ReadOnlyAdmin, act, linked, rows_link
from fluenzr.core.errors import Invalid
from fluenzr.workspaces.admin import actor
from fluenzr.workspaces.models import Workspace

Rows = QuerySet[Any]


class ScopedAdmin(ReadOnlyAdmin):
    """Rows of all workspaces; the id of one among the words of a search leaves only its rows."""

    search_help_text = _("Words, the id of the row, or the id of a workspace (wsp_...) with or without words")

    def get_search_results(self, request: HttpRequest, queryset: Rows, search_term: str) -> tuple[Rows, bool]:
        """Narrow to the workspace that is named, then search for the rest."""
        return super().get_search_results(request, *_scoped(queryset, search_term))


def _scoped(queryset: Rows, search_term: str) -> tuple[Rows, str]:
    """Return the rows of the workspaces that a search names, and its other words."""
    keys = {word: Workspace.key_of(word) for word in search_term.split()}
    scope = [key for key in keys.values() if key is not None]
    rest = " ".join(word for word, key in keys.items() if key is None)
    return (queryset.filter(workspace__in=scope) if scope else queryset), rest


@admin.register(Contact)
class ContactAdmin(ScopedAdmin):
    """People; whether they may be written to changes by actions."""

    list_display = (
        "__str__",
        "first_name",
        "last_name",
        "company",
        "status",
        "status_at",
        linked("stage"),
        linked("workspace"),
        "created_at",
    )
    list_filter = ("status", "created_at")
    list_select_related = ("stage", "workspace")
    search_fields = ("=email_key", "first_name", "last_name", "company")
    ordering = ("-id",)
    exclude = ("email_key",)
    readonly_fields = ("related",)
    actions = ("block", "unsubscribe", "object_to_tracking", "restore", "erase")

    @admin.display(description=_("related"))
    def related(self, contact: Contact) -> str:
        """Lead to its rows in the other lists."""
        models = (Membership, Tagging, StageMove, FieldChange, Consent, Note, Task)
        links = (
            (rows_link(model, str(model._meta.verbose_name_plural), contact__id__exact=contact.pk),) for model in models
        )
        return format_html_join(", ", "{}", links)

    @admin.action(description=_("Block: nobody writes to them any more"), permissions=["operate"])
    def block(self, request: HttpRequest, rows: Rows) -> None:
        """Bar people."""
        self._stand(request, rows, standing.block, source=actor(request))

    @admin.action(description=_("Unsubscribe and suppress"), permissions=["operate"])
    def unsubscribe(self, request: HttpRequest, rows: Rows) -> None:
        """Do as if they had asked for it."""
        self._stand(request, rows, standing.unsubscribe, source=actor(request))

    @admin.action(description=_("Object to tracking for them"), permissions=["operate"])
    def object_to_tracking(self, request: HttpRequest, rows: Rows) -> None:
        """Send them neither pixel nor tracked links."""
        self._stand(request, rows, standing.object_to_tracking)

    @admin.action(description=_("Restore: may be written to again"), permissions=["operate"])
    def restore(self, request: HttpRequest, rows: Rows) -> None:
        """Make active and lift their own suppressions."""
        self._stand(request, rows, standing.restore, by=actor(request))

    @admin.action(description=_("Erase: delete all that is known, for good"), permissions=["operate"])
    def erase(self, request: HttpRequest, rows: Rows) -> None:
        """Forget people; only keyed hashes of their addresses stay."""
        by, now = actor(request), timezone.now()
        act(request, rows.select_related("workspace"), lambda contact: records.erase(contact, by=by, now=now))

    def _stand(self, request: HttpRequest, rows: Rows, verb: Callable[..., int], **more: str) -> None:
        now = timezone.now()
        people = rows.select_related("workspace")
        act(request, people, lambda contact: verb(contacts=[contact], now=now, **more))


class InWorkspaceAdmin(ScopedAdmin):
    """A thing of a workspace that has a name."""

    list_select_related: ClassVar[tuple[str, ...]] = ("workspace",)
    search_fields: ClassVar[tuple[str, ...]] = ("name", "workspace__name")
    ordering: ClassVar[tuple[str, ...]] = ("-id",)


@admin.register(Group)
class GroupAdmin(InWorkspaceAdmin):
    """Groups with their number of members."""

    list_display = ("name", "kind", "people", linked("workspace"), "created_at")
    list_filter = ("kind", "created_at")

    def get_queryset(self, request: HttpRequest) -> Rows:
        """Count along."""
        return cast(GroupQuerySet, super().get_queryset(request)).with_members()

    @admin.display(description=_("contacts"), ordering="members")
    def people(self, group: Any) -> str:
        """Count its members."""
        return rows_link(Membership, group.members, group__id__exact=group.pk)


@admin.register(Tag)
class TagAdmin(InWorkspaceAdmin):
    """Tags with how often they are used."""

    list_display = ("name", "people", linked("workspace"))

    def get_queryset(self, request: HttpRequest) -> Rows:
        """Count along."""
        return tagging.with_uses(super().get_queryset(request))

    @admin.display(description=_("contacts"), ordering="uses")
    def people(self, tag: Any) -> str:
        """Count who carries it."""
        return rows_link(Tagging, tag.uses, tag__id__exact=tag.pk)


@admin.register(FormerName)
class FormerNameAdmin(InWorkspaceAdmin):
    """Names that tags had, by which workflows may still ask for them."""

    list_display = ("name", linked("tag"), linked("workspace"))
    list_select_related = ("tag", "workspace")
    search_fields = ("name", "tag__name", "workspace__name")


@admin.register(PipelineStage)
class PipelineStageAdmin(InWorkspaceAdmin):
    """Stages, from left to right."""

    list_display = ("name", "role", "colour", "position", linked("workspace"), "created_at")
    list_filter = ("role", "colour")
    ordering = ("workspace", "position")


@admin.register(CustomField)
class CustomFieldAdmin(InWorkspaceAdmin):
    """Fields that workspaces added."""

    list_display = ("key", "label", "kind", linked("workspace"), "created_at")
    list_filter = ("kind",)
    search_fields = ("key", "label", "workspace__name")


@admin.register(Segment)
class SegmentAdmin(InWorkspaceAdmin):
    """Saved filters, and what they say in words."""

    list_display = ("name", linked("workspace"), "created_at", "updated_at")
    readonly_fields = ("words",)

    @admin.display(description=_("in words"))
    def words(self, segment: Segment) -> str:
        """Return the rules as people read them, or what is wrong with them."""
        try:
            return rules.read(segment.workspace, segment.rules).words()
        except Invalid as error:
            return str(error)


@admin.register(Suppression)
class SuppressionAdmin(ScopedAdmin):
    """Who must never be written to, and why; can be lifted."""

    list_display = ("__str__", "kind", "reason", "source", linked("workspace"), "created_at")
    list_filter = ("reason", "kind", "created_at")
    list_select_related = ("workspace",)
    search_fields = ("target", "workspace__name")
    search_help_text = _("Part of an address or domain; a whole one also finds what only its hash remembers")
    ordering = ("-id",)
    actions = ("lift",)

    def get_search_results(self, request: HttpRequest, queryset: Rows, search_term: str) -> tuple[Rows, bool]:
        """Find erased people by their whole address as well."""
        queryset, whole = _scoped(queryset, search_term)
        rows, has_doubles = super().get_search_results(request, queryset, whole)
        hashes = [addresses.address_hash(whole), addresses.domain_hash(whole)]
        return rows | queryset.filter(target_hash__in=hashes), has_doubles

    @admin.action(description=_("Lift: may be written to again"), permissions=["operate"])
    def lift(self, request: HttpRequest, rows: Rows) -> None:
        """Take suppressions back."""
        by, now = actor(request), timezone.now()
        act(request, rows.select_related("workspace"), lambda row: suppression.lift(suppressions=[row], by=by, now=now))


class AboutContactAdmin(ScopedAdmin):
    """A row about one contact."""

    list_select_related: ClassVar[tuple[str, ...]] = ("contact", "workspace")
    search_fields: ClassVar[tuple[str, ...]] = ("=contact__email_key",)
    list_filter: ClassVar[tuple[Any, ...]] = ()
    ordering = ("-id",)


@admin.register(Membership)
class MembershipAdmin(AboutContactAdmin):
    """Who is in which group."""

    list_display = ("id", linked("contact"), linked("group"), "source", "added_at")
    list_select_related = ("contact", "group")
    # By which import it came: there are too many to list them as a filter.
    search_fields = ("=contact__email_key", "=source")
    list_filter = ("added_at",)


@admin.register(Tagging)
class TaggingAdmin(AboutContactAdmin):
    """Who carries which tag."""

    list_display = ("id", linked("contact"), linked("tag"), "source", "added_at")
    list_select_related = ("contact", "tag")
    search_fields = ("=contact__email_key", "=source")
    list_filter = ("added_at",)


@admin.register(StageMove)
class StageMoveAdmin(AboutContactAdmin):
    """Steps through the pipeline."""

    list_display = ("at", linked("contact"), linked("from_stage"), linked("to_stage"), "by")
    list_select_related = ("contact", "from_stage", "to_stage")
    list_filter = ("at",)


@admin.register(FieldChange)
class FieldChangeAdmin(AboutContactAdmin):
    """What changed on contacts."""

    list_display = ("at", linked("contact"), "field", "old", "new", "by")
    list_filter = ("at",)
    search_fields = ("=contact__email_key", "=field", "by")


@admin.register(Consent)
class ConsentAdmin(AboutContactAdmin):
    """Where the right to write to people comes from."""

    list_display = ("given_at", linked("contact"), "source", "by", linked("workspace"))
    list_filter = ("source", "given_at")


@admin.register(Note)
class NoteAdmin(AboutContactAdmin):
    """What members wrote about people."""

    list_display = ("at", linked("contact"), "__str__", "by", linked("workspace"))
    search_fields = ("=contact__email_key", "text", "by")
    list_filter = ("at",)


@admin.register(Task)
class TaskAdmin(AboutContactAdmin):
    """What is to be done about people."""

    list_display = ("text", linked("contact"), linked("owner"), "due_date", "done_at", linked("workspace"))
    search_fields = ("=contact__email_key", "text", "=owner__email")
    list_filter = ("due_date", ("done_at", admin.EmptyFieldListFilter))
    list_select_related = ("contact", "owner", "workspace")


@admin.register(ContactSettings)
class ContactSettingsAdmin(ReadOnlyAdmin):
    """The currency of deals, and how long workspaces keep what is known of people."""

    list_display = (linked("workspace"), "currency", "hits_days", "contents_days", "idle_days")
    list_select_related = ("workspace",)
    search_fields = ("workspace__name",)
    ordering = ("workspace",)


@admin.register(Import)
class ImportAdmin(ScopedAdmin):
    """Files of contacts, how far they got, and why they stopped."""

    list_display = (
        "file_name",
        linked("workspace"),
        "status",
        "total_rows",
        "done_rows",
        "created_rows",
        "updated_rows",
        "refused",
        "by",
        "created_at",
        "finished_at",
    )
    list_filter = ("status", "consent_source", "created_at")
    list_select_related = ("workspace",)
    search_fields = ("file_name", "by", "workspace__name")
    ordering = ("-id",)

    @admin.display(description=_("rejected"), ordering="rejected_rows")
    def refused(self, origin: Import) -> str:
        """Lead to the rows that were refused."""
        return rows_link(RejectedRow, origin.rejected_rows, origin__id__exact=origin.pk)


@admin.register(RejectedRow)
class RejectedRowAdmin(ScopedAdmin):
    """Rows that became no contact, and why."""

    list_display = ("line", "reason", linked("origin"), linked("workspace"))
    list_select_related = ("origin", "workspace")
    search_fields = ("reason", "origin__file_name")
    ordering = ("-id",)


@admin.register(ImportPart)
class ImportPartAdmin(ScopedAdmin):
    """Pieces of files on their way in; what is in them is not shown."""

    list_display = ("__str__", linked("origin"), "number", linked("workspace"))
    list_select_related = ("origin", "workspace")
    search_fields = ("origin__file_name",)
    exclude = ("content",)
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> Rows:
        """Leave the content where it is."""
        rows: Rows = super().get_queryset(request).defer("content")
        return rows
