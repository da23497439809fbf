"""What a workspace sets for its contacts: fields of its own, saved questions, times to keep."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from contacts.enums import (
    FieldType,
)
from fluenzr.core.ids import KeyField, PublicIdMixin
from fluenzr.workspaces.models import ScopedQuerySet, Workspace


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


class ContactSettings(models.Model):
    """What a workspace chose about people: the currency of its deals, and how long what is known is kept.

    Days are counted from when it happened; null keeps it until somebody deletes it.
    """

    workspace = models.OneToOneField(Workspace, models.CASCADE, primary_key=True, related_name="contact_settings")
    currency = models.CharField(_("currency"), max_length=3, default="EUR")
    hits_days = models.PositiveIntegerField(_("network addresses and programs"), null=True, blank=True, default=30)
    contents_days = models.PositiveIntegerField(_("contents of mails"), null=True, blank=True)
    idle_days = models.PositiveIntegerField(_("contacts without activity"), null=True, blank=True)
    # Of what is older nothing was left, so the nightly job looks only at what has come of age since.
    hits_dropped_to = models.DateTimeField(null=True, blank=True, editable=False)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name_plural = _("settings of contacts")

    def __str__(self) -> str:
        return str(self.workspace_id)
