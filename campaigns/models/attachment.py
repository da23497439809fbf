"""Files that mails carry."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from fluenzr.core.ids import KeyField, PublicIdMixin
from fluenzr.core.models import Blob
from fluenzr.workspaces.models import ScopedQuerySet, Workspace


class Attachment(PublicIdMixin, models.Model):
    """A file of a workspace under a name. It never changes, so that a mail that carries it can be made again."""

    id = KeyField(prefix="att")
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    blob = models.ForeignKey(Blob, models.PROTECT, related_name="+")
    name = models.CharField(_("name"), max_length=200)
    media_type = models.CharField(_("type"), max_length=127)
    size = models.PositiveIntegerField(_("size"))
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("attachment")
        constraints = (
            models.UniqueConstraint(fields=["workspace", "blob", "name", "media_type"], name="attachment_unique"),
        )

    def __str__(self) -> str:
        return self.name
