"""What staff see of contacts: who may be written to and why, groups, tags, fields, and what changed."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _

from contacts import standing, suppression
from contacts.models import (
    Consent,
    Contact,
    CustomField,
    FieldChange,
    Group,
    Membership,
    PipelineStage,
    Segment,
    StageMove,
    Suppression,
    Tag,
    Tagging,
)
from fluenzr.core.admin import ReadOnlyAdmin, act, linked, rows_link
from fluenzr.workspaces.admin import actor

Rows = QuerySet[Any]


@admin.register(Contact)
class ContactAdmin(ReadOnlyAdmin):
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
    list_filter = ("status", "created_at", "country", "language")
    list_select_related = ("stage", "workspace")
    search_fields = ("=email_key", "first_name", "last_name", "company")
    ordering = ("-id",)
    exclude = ("email_key",)
    readonly_fields = ("related",)
    actions = ("block", "unsubscribe", "object_to_tracking", "restore")

    @admin.display(description=_("related"))
    def related(self, contact: Contact) -> str:
        """Lead to its rows in the other lists."""
        models = (Membership, Tagging, StageMove, FieldChange, Consent)
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

    def _stand(self, request: HttpRequest, rows: Rows, verb: Callable[..., int], **more: str) -> None:
        now = timezone.now()
        people = rows.select_related("workspace")
        act(request, people, lambda contact: verb(contacts=[contact], now=now, **more))


class InWorkspaceAdmin(ReadOnlyAdmin):
    """A thing of a workspace that has a name."""

    list_select_related = ("workspace",)
    search_fields: ClassVar[tuple[str, ...]] = ("name", "workspace__name")
    ordering: ClassVar[tuple[str, ...]] = ("-id",)


@admin.register(Group)
class GroupAdmin(InWorkspaceAdmin):
    """Groups with their number of members."""

    list_display = ("name", "kind", "people", linked("workspace"), "created_at")
    list_filter = ("kind", "created_at")

    def get_queryset(self, request: HttpRequest) -> Rows:
        """Count along."""
        rows: Rows = super().get_queryset(request).annotate(_members=Count("memberships"))
        return rows

    @admin.display(description=_("contacts"), ordering="_members")
    def people(self, group: Any) -> str:
        """Count its members."""
        return rows_link(Membership, group._members, group__id__exact=group.pk)


@admin.register(Tag)
class TagAdmin(InWorkspaceAdmin):
    """Tags with how often they are used."""

    list_display = ("name", "uses", linked("workspace"))

    def get_queryset(self, request: HttpRequest) -> Rows:
        """Count along."""
        rows: Rows = super().get_queryset(request).annotate(_uses=Count("taggings"))
        return rows

    @admin.display(description=_("contacts"), ordering="_uses")
    def uses(self, tag: Any) -> str:
        """Count who carries it."""
        return rows_link(Tagging, tag._uses, tag__id__exact=tag.pk)


@admin.register(PipelineStage)
class PipelineStageAdmin(InWorkspaceAdmin):
    """Stages, from left to right."""

    list_display = ("name", "colour", "position", linked("workspace"), "created_at")
    list_filter = ("colour",)
    ordering = ("workspace", "position")


@admin.register(CustomField)
class CustomFieldAdmin(InWorkspaceAdmin):
    """Fields that workspaces added."""

    list_display = ("key", "label", "kind", linked("workspace"), "created_at")
    list_filter = ("kind",)
    search_fields = ("key", "label", "workspace__name")


@admin.register(Segment)
class SegmentAdmin(InWorkspaceAdmin):
    """Saved filters."""

    list_display = ("name", linked("workspace"), "created_at", "updated_at")


@admin.register(Suppression)
class SuppressionAdmin(ReadOnlyAdmin):
    """Who must never be written to, and why; can be lifted."""

    list_display = ("__str__", "kind", "reason", "source", linked("workspace"), "created_at")
    list_filter = ("reason", "kind", "created_at")
    list_select_related = ("workspace",)
    search_fields = ("target", "workspace__name")
    ordering = ("-id",)
    actions = ("lift",)

    @admin.action(description=_("Lift: may be written to again"), permissions=["operate"])
    def lift(self, request: HttpRequest, rows: Rows) -> None:
        """Take suppressions back."""
        by, now = actor(request), timezone.now()
        act(request, rows.select_related("workspace"), lambda row: suppression.lift(suppressions=[row], by=by, now=now))


class AboutContactAdmin(ReadOnlyAdmin):
    """A row about one contact."""

    list_select_related: ClassVar[tuple[str, ...]] = ("contact", "workspace")
    search_fields: ClassVar[tuple[str, ...]] = ("=contact__email_key",)
    list_filter: ClassVar[tuple[str, ...]] = ()
    ordering = ("-id",)


@admin.register(Membership)
class MembershipAdmin(AboutContactAdmin):
    """Who is in which group."""

    list_display = ("id", linked("contact"), linked("group"), "source", "added_at")
    list_select_related = ("contact", "group")
    list_filter = ("source", "added_at")


@admin.register(Tagging)
class TaggingAdmin(AboutContactAdmin):
    """Who carries which tag."""

    list_display = ("id", linked("contact"), linked("tag"), "source", "added_at")
    list_select_related = ("contact", "tag")
    list_filter = ("source", "added_at")


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

    list_display = ("given_at", linked("contact"), "source", "by")
    list_filter = ("source", "given_at")
