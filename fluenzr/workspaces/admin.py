"""What staff see of workspaces, people who sign in, API keys and the audit log. Secrets are shown nowhere."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import BaseUserCreationForm, UserChangeForm
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from fluenzr.core.admin import ReadOnlyAdmin, act, linked, rows_link
from fluenzr.workspaces import access, keys, tenancy
from fluenzr.workspaces.models import ApiKey, AuditEntry, Invitation, Member, RateWindow, SavedView, User, Workspace

Rows = QuerySet[Any]


def actor(request: HttpRequest) -> str:
    """Return how the audit log names the member of staff who acts."""
    return access.actor(request.user) if isinstance(request.user, User) else "staff"


@admin.register(Workspace)
class WorkspaceAdmin(ReadOnlyAdmin):
    """Workspaces; the plan is changed by an action."""

    list_display = ("name", "public_id", "plan", "people", "api_keys", "timezone", "tracking_mode", "created_at")
    list_filter = ("plan", "tracking_mode", "created_at")
    search_fields = ("name", "=members__user__email")
    ordering = ("-created_at",)
    actions = ("to_free", "to_starter", "to_pro")

    def get_queryset(self, request: HttpRequest) -> Rows:
        """Count along."""
        counts = {"_members": Count("members", distinct=True), "_keys": Count("api_keys", distinct=True)}
        rows: Rows = super().get_queryset(request).annotate(**counts)
        return rows

    @admin.display(description=_("members"), ordering="_members")
    def people(self, workspace: Any) -> str:
        """Count the members."""
        return rows_link(Member, workspace._members, workspace__id__exact=workspace.pk)

    @admin.display(description=_("API keys"), ordering="_keys")
    def api_keys(self, workspace: Any) -> str:
        """Count the keys."""
        return rows_link(ApiKey, workspace._keys, workspace__id__exact=workspace.pk)

    @admin.action(description=_("Change the plan to Free"), permissions=["operate"])
    def to_free(self, request: HttpRequest, rows: Rows) -> None:
        """Give the plan."""
        self._change_plan(request, rows, "free")

    @admin.action(description=_("Change the plan to Starter"), permissions=["operate"])
    def to_starter(self, request: HttpRequest, rows: Rows) -> None:
        """Give the plan."""
        self._change_plan(request, rows, "starter")

    @admin.action(description=_("Change the plan to Pro"), permissions=["operate"])
    def to_pro(self, request: HttpRequest, rows: Rows) -> None:
        """Give the plan."""
        self._change_plan(request, rows, "pro")

    def _change_plan(self, request: HttpRequest, rows: Rows, plan: str) -> None:
        by, now = actor(request), timezone.now()
        act(request, rows, lambda workspace: tenancy.change_plan(workspace, plan=plan, by=by, now=now))


class NewUserForm(BaseUserCreationForm[User]):
    """A person to sign in: address and password."""

    class Meta:
        model = User
        fields = ("email", "name")


class UserForm(UserChangeForm[User]):
    """A person as staff change one; the password has its own page."""

    class Meta:
        model = User
        fields = "__all__"


@admin.register(User)
class UserAdmin(DjangoUserAdmin[User]):
    """People who sign in."""

    form = UserForm
    add_form = NewUserForm
    list_display = ("email", "name", "is_staff", "is_active", "language", "last_login", "created_at")
    list_filter = ("is_staff", "is_superuser", "is_active", "created_at")
    search_fields = ("email", "name")
    ordering = ("email",)
    readonly_fields = ("last_login", "created_at")
    fieldsets = (
        (None, {"fields": ("email", "password", "name", "language", "timezone")}),
        (_("Rights"), {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        (_("Dates"), {"fields": ("last_login", "created_at")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "name", "password1", "password2")}),)


@admin.register(Member)
class MemberAdmin(ReadOnlyAdmin):
    """Who belongs to which workspace."""

    list_display = (linked("user"), linked("workspace"), "role", "created_at")
    list_display_links = None
    list_filter = ("role",)
    list_select_related = ("user", "workspace")
    search_fields = ("user__email", "workspace__name")
    ordering = ("-created_at",)


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
    """API keys by their first characters; they can be revoked."""

    list_display = ("name", "start", linked("workspace"), "scope", "last_used_at", "expires_at", "revoked_at")
    list_filter = ("scope", "revoked_at", "last_used_at")
    list_select_related = ("workspace",)
    search_fields = ("name", "=start", "workspace__name")
    ordering = ("-created_at",)
    exclude = ("key_hash",)
    actions = ("revoke",)

    @admin.action(description=_("Revoke: ends at once"), permissions=["operate"])
    def revoke(self, request: HttpRequest, rows: Rows) -> None:
        """End the keys."""
        by, now = actor(request), timezone.now()
        act(request, rows.select_related("workspace"), lambda key: keys.revoke(key, by=by, now=now))


@admin.register(RateWindow)
class RateWindowAdmin(ReadOnlyAdmin):
    """How much of the current minute each workspace has taken."""

    list_display = ("workspace", "started_at", "taken")
    list_select_related = ("workspace",)
    search_fields = ("workspace__name",)
    ordering = ("-started_at",)


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """Who did what, when and from where."""

    list_display = ("at", "actor", "action", "object_type", "object_id", linked("workspace"), "ip", "request_id")
    list_filter = ("action", "object_type", "at")
    list_select_related = ("workspace",)
    search_fields = ("actor", "=object_id", "=ip", "=request_id")
    ordering = ("-at",)


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    """Who was asked to join; the links are signed and stored nowhere."""

    list_display = ("email", linked("workspace"), "role", linked("inviter"), "sent_at", "expires_at", "accepted_at")
    list_filter = ("role", "sent_at")
    list_select_related = ("workspace", "inviter__user")
    search_fields = ("=email", "workspace__name")
    ordering = ("-id",)


@admin.register(SavedView)
class SavedViewAdmin(ReadOnlyAdmin):
    """Lists as people want to find them again."""

    list_display = ("name", "page", linked("workspace"), linked("member"), "query", "created_at")
    list_filter = ("page",)
    list_select_related = ("workspace", "member__user")
    search_fields = ("name", "workspace__name")
    ordering = ("-id",)
