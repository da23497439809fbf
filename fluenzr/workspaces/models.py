"""Who: users, workspaces, members, API keys, and the record of what they did."""

import uuid
from datetime import datetime
from typing import Any, ClassVar, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.utils.translation import gettext_lazy as _

from fluenzr.core.ids import KeyField, PublicIdMixin
from fluenzr.workspaces.enums import Role, Scope, TrackingMode


class UserManager(BaseUserManager["User"]):
    """Makes users who sign in by e-mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a user; the address is kept in lower case."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a user who may do everything in the admin."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(PublicIdMixin, AbstractBaseUser, PermissionsMixin):
    """A person who signs in."""

    id = KeyField(prefix="usr")
    email = models.EmailField(_("e-mail"), unique=True, help_text=_("Kept in lower case."))
    name = models.CharField(_("name"), max_length=150, blank=True)
    language = models.CharField(_("language"), max_length=8, default="en")
    timezone = models.CharField(_("time zone"), max_length=64, default="UTC")
    is_staff = models.BooleanField(_("staff"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return self.email

    def save(self, *args: Any, **options: Any) -> None:
        """Keep the address in lower case, whichever door it came by."""
        self.email = self.email.strip().lower()
        super().save(*args, **options)


class Workspace(PublicIdMixin, models.Model):
    """The tenant: everything else belongs to one."""

    id = KeyField(prefix="wsp")
    name = models.CharField(_("name"), max_length=200)
    plan = models.CharField(_("plan"), max_length=20)
    timezone = models.CharField(_("time zone"), max_length=64, default="UTC")
    language = models.CharField(_("language"), max_length=8, default="en")
    postal_address = models.TextField(_("postal address"), blank=True)
    default_signature = models.TextField(_("default signature"), blank=True)
    tracking_mode = models.CharField(
        _("tracking"), max_length=20, choices=TrackingMode.choices, default=TrackingMode.FULL
    )
    tracking_domain = models.CharField(_("tracking domain"), max_length=253, blank=True)
    send_with_blanks = models.BooleanField(
        _("send although a variable is blank"),
        default=False,
        help_text=_("Otherwise a person whose mail lacks a value without a fallback stops with that reason."),
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.name


class ScopedQuerySet(models.QuerySet[Any]):
    """Where every question about a tenant's rows starts."""

    def in_workspace(self, workspace: "Workspace | uuid.UUID") -> Self:
        """Keep the rows of one workspace."""
        return self.filter(workspace=workspace)


class Member(PublicIdMixin, models.Model):
    """A user in a workspace, with a role."""

    id = KeyField(prefix="mbr")
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="members")
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=20, choices=Role.choices, default=Role.MEMBER)
    choices = models.JSONField(default=dict, blank=True, help_text=_("How the member likes the pages."))
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["workspace", "user"], name="member_unique"),)

    def __str__(self) -> str:
        return f"{self.user} ({self.role})"


class InvitationQuerySet(ScopedQuerySet):
    """Questions about invitations."""

    def open(self) -> Self:
        """Keep those that nobody has accepted yet, whether they still hold or not."""
        return self.filter(accepted_at=None)

    def holding(self, now: datetime) -> Self:
        """Keep those whose link still lets somebody in."""
        return self.open().filter(expires_at__gte=now)


class Invitation(PublicIdMixin, models.Model):
    """A person asked to join a workspace. The link is signed, not stored; it ends with the row."""

    id = KeyField(prefix="inv")
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="invitations")
    email = models.EmailField(_("e-mail"))
    role = models.CharField(_("role"), max_length=20, choices=Role.choices)
    inviter = models.ForeignKey(Member, models.CASCADE, related_name="invitations")
    sent_at = models.DateTimeField(_("sent"))
    expires_at = models.DateTimeField(_("expires"))
    accepted_at = models.DateTimeField(_("accepted"), null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["workspace", "email"], condition=models.Q(accepted_at=None), name="invitation_one_open"
            ),
        )

    def __str__(self) -> str:
        return f"{self.email} ({self.role})"

    def holds(self, now: datetime) -> bool:
        """Whether its link still lets somebody in."""
        return self.accepted_at is None and now <= self.expires_at


class SavedView(PublicIdMixin, models.Model):
    """A list as somebody wants to find it again: filters, order and columns, as the address says them."""

    id = KeyField(prefix="view")
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    member = models.ForeignKey(
        Member, models.CASCADE, null=True, blank=True, related_name="+", help_text=_("Empty: everybody has it.")
    )
    page = models.CharField(max_length=100, help_text=_("Name of the list's URL."))
    name = models.CharField(_("name"), max_length=60)
    query = models.CharField(max_length=2000, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["member", "page", "name"], name="saved_view_unique"),
            models.UniqueConstraint(
                fields=["workspace", "page", "name"],
                condition=models.Q(member=None),
                name="saved_view_shared_unique",
            ),
        )

    def __str__(self) -> str:
        return self.name


class ApiKey(PublicIdMixin, models.Model):
    """A named secret of a workspace; only its keyed hash is stored."""

    id = KeyField(prefix="key")
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="api_keys")
    name = models.CharField(_("name"), max_length=100)
    start = models.CharField(_("first characters"), max_length=20)
    key_hash = models.CharField(max_length=64, unique=True)
    scope = models.CharField(_("scope"), max_length=20, choices=Scope.choices, default=Scope.ALL)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    objects = ScopedQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.name} ({self.start}...)"


class RateWindow(models.Model):
    """How many API requests a workspace has taken in its current minute (contract A61)."""

    workspace = models.OneToOneField(Workspace, models.CASCADE, primary_key=True, related_name="+")
    started_at = models.DateTimeField()
    taken = models.PositiveIntegerField(default=0)

    objects = ScopedQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.taken} since {self.started_at:%H:%M:%S}"


class AuditEntry(models.Model):
    """Append-only: who did what to which object. Points at nothing, so that it outlives what it speaks of."""

    id = KeyField(prefix="aud")
    workspace = models.ForeignKey(
        Workspace, models.DO_NOTHING, db_constraint=False, null=True, blank=True, related_name="+"
    )
    at = models.DateTimeField()
    actor = models.CharField(_("actor"), max_length=200)
    action = models.CharField(_("action"), max_length=60)
    object_type = models.CharField(max_length=60, blank=True)
    object_id = models.CharField(max_length=64, blank=True)
    changes = models.JSONField(default=dict, blank=True)
    ip = models.GenericIPAddressField(null=True, blank=True)
    request_id = models.CharField(max_length=64, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        indexes = (models.Index(fields=["workspace", "-at"], name="audit_workspace_at"),)
        verbose_name_plural = _("audit entries")

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor} {self.action}"
