"""Choices of a workspace and its people."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Role(TextChoices):
    """What a member may do; each may do what those after it may."""

    OWNER = "owner", _("Owner")
    ADMIN = "admin", _("Admin")
    MEMBER = "member", _("Member")
    VIEWER = "viewer", _("Viewer")


class Scope(TextChoices):
    """What an API key may do."""

    ALL = "all", _("Read and write")
    READ = "read", _("Read only")


class TrackingMode(TextChoices):
    """How much of opens and clicks is recorded (product.md section 8)."""

    FULL = "full", _("Full: time, program and address")
    MINIMAL = "minimal", _("Minimal: the day of the first open only")
    OFF = "off", _("Off")
