"""Names that tags had."""

from django.db import models

from contacts.models.person import Tag
from fluenzr.core.ids import KeyField
from fluenzr.workspaces.models import ScopedQuerySet, Workspace


class FormerName(models.Model):
    """A name that a tag had, or a tag that was merged into it: workflows that were written with it mean the tag.

    Published workflows never change, so the name stays known until another tag gets it.
    """

    id = KeyField()
    workspace = models.ForeignKey(Workspace, models.CASCADE, db_index=False, related_name="+")
    tag = models.ForeignKey(Tag, models.CASCADE, related_name="former_names")
    name = models.CharField(max_length=100)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["workspace", "name"], name="former_name_unique"),)

    def __str__(self) -> str:
        return self.name
