"""Whom: people and what is known of them."""

import uuid
from collections.abc import Iterable
from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from contacts.enums import (
    UNREACHABLE,
    ConsentSource,
    ContactStatus,
    FieldType,
    GroupKind,
    SuppressionKind,
    SuppressionReason,
)
from fluenzr.core.ids import KeyField, PublicIdMixin
from fluenzr.workspaces.models import ScopedQuerySet, User, Workspace


class PipelineStage(PublicIdMixin, models.Model):
    """A column of the pipeline."""

    id = KeyField(prefix="stg")
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="stages")
    name = models.CharField(_("name"), max_length=100)
    colour = models.CharField(_("colour"), max_length=20, default="grey")
    position = models.PositiveIntegerField(_("position"), default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["workspace", "name"], name="stage_unique"),)

    def __str__(self) -> str:
        return self.name


class ContactQuerySet(ScopedQuerySet):
    """Questions about people."""

    def reachable(self) -> Self:
        """Keep those whom a campaign may write to, as far as their own status says."""
        return self.exclude(status__in=UNREACHABLE)

    def in_groups(self, groups: Iterable[uuid.UUID]) -> Self:
        """Keep the members of any of the groups."""
        return self.filter(Exists(Membership.objects.filter(contact=OuterRef("pk"), group__in=list(groups))))

    def tagged(self, names: Iterable[str]) -> Self:
        """Keep those who carry any of the tags."""
        return self.filter(Exists(Tagging.objects.filter(contact=OuterRef("pk"), tag__name__in=list(names))))


class Contact(PublicIdMixin, models.Model):
    """A person. `email_key` is the normalised address; both are null for people known only by chat."""

    id = KeyField(prefix="con")
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="contacts")
    email = models.EmailField(_("e-mail"), max_length=254, null=True, blank=True)
    email_key = models.CharField(max_length=254, null=True, editable=False)
    status = models.CharField(_("status"), max_length=20, choices=ContactStatus.choices, default=ContactStatus.ACTIVE)
    status_at = models.DateTimeField(_("status since"), null=True, blank=True)
    first_name = models.CharField(_("first name"), max_length=200, blank=True)
    last_name = models.CharField(_("last name"), max_length=200, blank=True)
    company = models.CharField(_("company"), max_length=200, blank=True)
    job_title = models.CharField(_("job title"), max_length=200, blank=True)
    phone = models.CharField(_("phone"), max_length=60, blank=True)
    website = models.CharField(_("website"), max_length=500, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)
    timezone = models.CharField(_("time zone"), max_length=64, blank=True)
    language = models.CharField(_("language"), max_length=8, blank=True)
    custom = models.JSONField(_("custom fields"), default=dict, blank=True)
    stage = models.ForeignKey(PipelineStage, models.PROTECT, null=True, blank=True, related_name="contacts")
    stage_at = models.DateTimeField(null=True, blank=True)
    owner = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    notes = models.TextField(_("notes"), blank=True)
    telegram_chat = models.CharField(max_length=64, blank=True)
    objected_at = models.DateTimeField(
        _("objected to tracking"), null=True, blank=True, help_text=_("No pixel and no tracked link since then.")
    )
    hold_until = models.DateTimeField(_("hold until"), null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ContactQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["workspace", "email_key"], name="contact_email_unique"),)
        indexes = (
            models.Index(fields=["workspace", "-created_at", "id"], name="contact_created"),
            models.Index(fields=["workspace", "status"], name="contact_status"),
            models.Index(fields=["email_key"], name="contact_email_key"),
        )

    def __str__(self) -> str:
        return self.email or self.public_id


class Group(PublicIdMixin, models.Model):
    """A named set of contacts."""

    id = KeyField(prefix="grp")
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="groups")
    name = models.CharField(_("name"), max_length=200)
    description = models.TextField(_("description"), blank=True)
    kind = models.CharField(_("kind"), max_length=20, choices=GroupKind.choices, default=GroupKind.STATIC)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["workspace", "name"], name="group_unique"),)

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """That a contact is in a group, since when and by what."""

    id = KeyField()
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    group = models.ForeignKey(Group, models.CASCADE, related_name="memberships")
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="memberships")
    source = models.CharField(max_length=40, default="by_hand")
    added_at = models.DateTimeField()

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["group", "contact"], name="membership_unique"),)

    def __str__(self) -> str:
        return f"{self.contact_id} in {self.group_id}"


class Tag(PublicIdMixin, models.Model):
    """A word that marks contacts."""

    id = KeyField(prefix="tag")
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="tags")
    name = models.CharField(_("name"), max_length=100)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["workspace", "name"], name="tag_unique"),)

    def __str__(self) -> str:
        return self.name


class Tagging(models.Model):
    """That a contact carries a tag, since when and by what."""

    id = KeyField()
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    tag = models.ForeignKey(Tag, models.CASCADE, related_name="taggings")
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="taggings")
    source = models.CharField(max_length=40, default="by_hand")
    added_at = models.DateTimeField()

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["tag", "contact"], name="tagging_unique"),)

    def __str__(self) -> str:
        return f"{self.tag_id} on {self.contact_id}"


class CustomField(PublicIdMixin, models.Model):
    """A field that a workspace added. `key` and `kind` are fixed once it exists."""

    id = KeyField(prefix="fld")
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="fields")
    key = models.CharField(_("technical name"), max_length=60)
    label = models.CharField(_("label"), max_length=100)
    kind = models.CharField(_("type"), max_length=20, choices=FieldType.choices, default=FieldType.TEXT)
    default = models.JSONField(_("default"), null=True, blank=True)
    options = models.JSONField(_("options"), default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["workspace", "key"], name="field_unique"),)

    def __str__(self) -> str:
        return self.key


class Segment(PublicIdMixin, models.Model):
    """A saved filter of contacts."""

    id = KeyField(prefix="seg")
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="segments")
    name = models.CharField(_("name"), max_length=200)
    rules = models.JSONField(_("rules"), default=dict)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["workspace", "name"], name="segment_unique"),)

    def __str__(self) -> str:
        return self.name


class StageMove(models.Model):
    """One step of a contact through the pipeline."""

    id = KeyField()
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="stage_moves")
    from_stage = models.ForeignKey(PipelineStage, models.SET_NULL, null=True, related_name="+")
    to_stage = models.ForeignKey(PipelineStage, models.SET_NULL, null=True, related_name="+")
    by = models.CharField(max_length=200)
    at = models.DateTimeField()

    objects = ScopedQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.contact_id} to {self.to_stage_id}"


class FieldChange(models.Model):
    """One change of one field of a contact."""

    id = KeyField()
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="field_changes")
    field = models.CharField(max_length=60)
    old = models.JSONField(null=True)
    new = models.JSONField(null=True)
    by = models.CharField(max_length=200)
    at = models.DateTimeField()

    objects = ScopedQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.field} of {self.contact_id}"


class Consent(models.Model):
    """Where the right to write to a contact comes from, in the words that were used."""

    id = KeyField()
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="consents")
    source = models.CharField(_("source"), max_length=20, choices=ConsentSource.choices)
    wording = models.TextField(_("wording"), blank=True)
    notes = models.TextField(_("notes"), blank=True)
    by = models.CharField(max_length=200)
    given_at = models.DateTimeField()

    objects = ScopedQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.source} of {self.contact_id}"


class SuppressionQuerySet(ScopedQuerySet):
    """Questions about who must never be written to."""

    def matching(self, hashes: Iterable[str]) -> Self:
        """Keep the entries whose keyed hash is among these."""
        return self.filter(target_hash__in=list(hashes))


class Suppression(PublicIdMixin, models.Model):
    """An address or domain that no campaign of the workspace ever mails.

    It matches by keyed hash; the readable target is dropped when the person is erased.
    """

    id = KeyField(prefix="sup")
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="suppressions")
    kind = models.CharField(_("kind"), max_length=20, choices=SuppressionKind.choices, default=SuppressionKind.ADDRESS)
    target = models.CharField(_("address or domain"), max_length=254, blank=True)
    target_hash = models.CharField(max_length=64, editable=False)
    reason = models.CharField(
        _("reason"), max_length=20, choices=SuppressionReason.choices, default=SuppressionReason.BY_HAND
    )
    source = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SuppressionQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["workspace", "target_hash"], name="suppression_unique"),
            models.CheckConstraint(condition=~Q(target_hash=""), name="suppression_hash_present"),
        )

    def __str__(self) -> str:
        return self.target or self.target_hash[:12]
