"""Whom: people and what is known of them."""

from contacts.models.domain import Domain
from contacts.models.former import FormerName
from contacts.models.imported import Import, ImportPart, RejectedRow
from contacts.models.person import Contact, ContactQuerySet, Group, GroupQuerySet, Membership, Tag, Tagging
from contacts.models.record import Consent, FieldChange, Note, StageMove, Task, TaskQuerySet
from contacts.models.stage import PipelineStage
from contacts.models.suppression import Suppression, SuppressionQuerySet
from contacts.models.workspace import ContactSettings, CustomField, Segment

__all__ = [
    "Consent",
    "Contact",
    "ContactQuerySet",
    "ContactSettings",
    "CustomField",
    "Domain",
    "FieldChange",
    "FormerName",
    "Group",
    "GroupQuerySet",
    "Import",
    "ImportPart",
    "Membership",
    "Note",
    "PipelineStage",
    "RejectedRow",
    "Segment",
    "StageMove",
    "Suppression",
    "SuppressionQuerySet",
    "Tag",
    "Tagging",
    "Task",
    "TaskQuerySet",
]
