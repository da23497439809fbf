"""People, and the groups and tags that they are gathered by."""

import uuid
from collections.abc import Iterable
from typing import Self

from django.db import models
from django.db.models import Count, Exists, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from contacts import phones
from contacts.enums import (
    UNREACHABLE,
    ContactStatus,
    GroupKind,
)
from contacts.models.domain import Domain
from contacts.models.stage import PipelineStage
from fluenzr.core.ids import KeyField, PublicIdMixin
from fluenzr.workspaces.models import ScopedQuerySet, User, Workspace


class ContactQuerySet(ScopedQuerySet):
    """Questions about people."""

    def reachable(self) -> Self:
        """Keep those whom a campaign may write to, as far as their own status says."""
        return self.exclude(status__in=UNREACHABLE)

    def in_groups(self, groups: Iterable[uuid.UUID]) -> Self:
        """Keep the members of any of the groups."""
        return self.filter(Exists(Membership.objects.filter(contact=OuterRef("pk"), group__in=list(groups))))

    def tagged(self, names: Iterable[str], *, workspace: Workspace) -> Self:
        """Keep those who carry any of the workspace's tags of these names, for whose keys it asks first.

        Of a key PostgreSQL knows how many carry it: it begins with them where they are few, else with the list's order.
        """
        tags = list(Tag.objects.in_workspace(workspace).filter(name__in=list(names)).values_list("pk", flat=True))
        return self.filter(Exists(Tagging.objects.filter(contact=OuterRef("pk"), tag__in=tags)))

    def at_domains(self, domains: Iterable[str]) -> Self:
        """Keep those whose address is at one of the domains, named as keys have them."""
        return self.alias(domain=Domain("email_key")).filter(domain__in=list(domains))


class Contact(PublicIdMixin, models.Model):
    """A person. `email_key` is the normalised address; both are null for people known only by chat."""

    id = KeyField(prefix="con")
    # Three indexes below begin with it. Whoever makes contacts holds the lock of the workspace, so it is there: to have
    # the database check it for each of an import's hundred thousand would prove nothing.
    workspace = models.ForeignKey(
        Workspace, models.CASCADE, db_constraint=False, db_index=False, related_name="contacts"
    )
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
    # Most have neither a stage nor an owner: the indexes of both, below, hold those who have.
    stage = models.ForeignKey(
        PipelineStage, models.PROTECT, null=True, blank=True, db_index=False, related_name="contacts"
    )
    stage_at = models.DateTimeField(null=True, blank=True)
    deal_value = models.DecimalField(_("deal value"), max_digits=14, decimal_places=2, null=True, blank=True)
    owner = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, db_index=False, related_name="+")
    notes = models.TextField(_("notes"), blank=True)
    telegram_chat = models.CharField(max_length=64, blank=True)
    objected_at = models.DateTimeField(
        _("objected to tracking"), null=True, blank=True, help_text=_("No pixel and no tracked link since then.")
    )
    hold_until = models.DateTimeField(_("hold until"), null=True, blank=True)
    # The import that made it. No index and no constraint: an undo looks among those made at that time.
    origin = models.ForeignKey(
        "contacts.Import",
        models.DO_NOTHING,
        verbose_name=_("import"),
        null=True,
        blank=True,
        editable=False,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ContactQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["workspace", "email_key"], name="contact_email_unique"),)
        indexes = (
            # Both orders of a list, the newest and the oldest first: equal times by their key in the same direction.
            models.Index(fields=["workspace", "created_at", "id"], name="contact_created"),
            models.Index(fields=["workspace", "status"], name="contact_status"),
            # The people of a company.
            models.Index("workspace", Domain("email_key"), name="contact_domain"),
            # A column of the pipeline in its order, and the counts and sums of all columns without reading a row.
            models.Index(
                fields=["workspace", "stage", "-stage_at", "-id", "deal_value"],
                condition=Q(stage__isnull=False),
                name="contact_board",
            ),
            models.Index(fields=["stage"], condition=Q(stage__isnull=False), name="contact_stage"),
            models.Index(fields=["owner"], condition=Q(owner__isnull=False), name="contact_owner"),
            # The few who are on hold, among all whom a campaign writes to.
            models.Index(fields=["hold_until"], condition=Q(hold_until__isnull=False), name="contact_hold"),
        )

    def __str__(self) -> str:
        return self.email or self.public_id

    @property
    def phone_shown(self) -> str:
        """The phone number as people read it."""
        return phones.shown(self.phone)


def workspace_of_contact() -> "models.ForeignKey[Workspace, Workspace]":
    """Return the workspace of a row about a contact: the contact's, so its key is neither checked nor indexed anew.

    Imports write hundreds of thousands of such rows, and the check alone takes a fifth of their time.
    """
    return models.ForeignKey(Workspace, models.CASCADE, db_constraint=False, db_index=False, related_name="+")


class GroupQuerySet(ScopedQuerySet):
    """Questions about groups."""

    def with_members(self) -> Self:
        """Give each group the number of its contacts as `members`.

        Counted for each group that is fetched, along an index: a join would count for all groups at each page.
        """
        rows = Membership.objects.filter(group=OuterRef("pk")).order_by().values("group")
        counted = Subquery(rows.annotate(number=Count("*")).values("number"))
        return self.annotate(members=Coalesce(counted, 0))


class Group(PublicIdMixin, models.Model):
    """A named set of contacts."""

    id = KeyField(prefix="grp")
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="groups")
    name = models.CharField(_("name"), max_length=200)
    description = models.TextField(_("description"), blank=True)
    kind = models.CharField(_("kind"), max_length=20, choices=GroupKind.choices, default=GroupKind.STATIC)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = GroupQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["workspace", "name"], name="group_unique"),)

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """That a contact is in a group, since when and by what."""

    id = KeyField()
    workspace = workspace_of_contact()
    group = models.ForeignKey(Group, models.CASCADE, db_index=False, related_name="memberships")
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
    workspace = workspace_of_contact()
    tag = models.ForeignKey(Tag, models.CASCADE, db_index=False, related_name="taggings")
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="taggings")
    source = models.CharField(max_length=40, default="by_hand")
    added_at = models.DateTimeField()

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["tag", "contact"], name="tagging_unique"),)

    def __str__(self) -> str:
        return f"{self.tag_id} on {self.contact_id}"
