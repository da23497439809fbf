"""The columns of the pipeline."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from contacts.enums import (
    StageRole,
)
from fluenzr.core.ids import KeyField, PublicIdMixin
from fluenzr.workspaces.models import ScopedQuerySet, Workspace


class PipelineStage(PublicIdMixin, models.Model):
    """A column of the pipeline."""

    id = KeyField(prefix="stg")
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="stages")
    name = models.CharField(_("name"), max_length=100)
    colour = models.CharField(_("colour"), max_length=20, default="grey")
    position = models.PositiveIntegerField(_("position"), default=0)
    # What the stage is for the product, however it is called: where people begin, who answered, how it ended.
    role = models.CharField(_("meaning"), max_length=20, choices=StageRole.choices, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["workspace", "name"], name="stage_unique"),
            models.UniqueConstraint(fields=["workspace", "role"], condition=~Q(role=""), name="stage_role_unique"),
        )

    def __str__(self) -> str:
        return self.name
