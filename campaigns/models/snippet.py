"""Pieces of text that mails are written from."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from fluenzr.core.ids import KeyField, PublicIdMixin
from fluenzr.workspaces.models import ScopedQuerySet, Workspace


class Snippet(PublicIdMixin, models.Model):
    """A text of a workspace under a name. It is copied into a mail: what becomes of it later changes no mail."""

    id = KeyField(prefix="snp")
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    name = models.CharField(_("name"), max_length=100)
    body = models.TextField(_("text"))
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("snippet")
        constraints = (models.UniqueConstraint(fields=["workspace", "name"], name="snippet_unique"),)

    def __str__(self) -> str:
        return self.name
