"""Who is never written to."""

from collections.abc import Iterable
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from contacts.enums import (
    SuppressionKind,
    SuppressionReason,
)
from fluenzr.core import among
from fluenzr.core.ids import KeyField, PublicIdMixin
from fluenzr.workspaces.models import ScopedQuerySet, Workspace


class SuppressionQuerySet(ScopedQuerySet):
    """Questions about who must never be written to."""

    def matching(self, hashes: Iterable[str]) -> Self:
        """Keep the entries whose keyed hash is among these."""
        return self.filter(among.hashes("target_hash", hashes))


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
