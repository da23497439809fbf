"""What is written down about a person: steps, changes, consent, notes and tasks."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from contacts.enums import (
    ConsentSource,
)
from contacts.models.person import Contact, workspace_of_contact
from contacts.models.stage import PipelineStage
from fluenzr.core.ids import KeyField, PublicIdMixin
from fluenzr.workspaces.models import ScopedQuerySet, User, Workspace


class StageMove(models.Model):
    """One step of a contact through the pipeline."""

    id = KeyField()
    workspace = models.ForeignKey(Workspace, models.CASCADE, db_index=False, related_name="+")
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="stage_moves")
    from_stage = models.ForeignKey(PipelineStage, models.SET_NULL, null=True, related_name="+")
    to_stage = models.ForeignKey(PipelineStage, models.SET_NULL, null=True, related_name="+")
    # How long the contact had been in the stage that it leaves.
    stayed = models.DurationField(null=True)
    by = models.CharField(max_length=200)
    at = models.DateTimeField()

    objects = ScopedQuerySet.as_manager()

    class Meta:
        # All that the statistics of a period ask for, so that they read no row.
        indexes = (
            models.Index(
                fields=["workspace", "at", "contact", "to_stage", "from_stage", "stayed"], name="stage_move_at"
            ),
        )

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
    workspace = workspace_of_contact()
    # Written with the contact or under its lock (`consents.add`), so there is nothing for the database to check.
    contact = models.ForeignKey(Contact, models.CASCADE, db_constraint=False, related_name="consents")
    source = models.CharField(_("source"), max_length=20, choices=ConsentSource.choices)
    wording = models.TextField(_("wording"), blank=True)
    notes = models.TextField(_("notes"), blank=True)
    by = models.CharField(max_length=200)
    given_at = models.DateTimeField()

    objects = ScopedQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.source} of {self.contact_id}"


class Note(PublicIdMixin, models.Model):
    """What somebody wrote down about a contact."""

    id = KeyField(prefix="note")
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="written_notes")
    text = models.TextField(_("text"))
    by = models.CharField(_("by"), max_length=200)
    at = models.DateTimeField(_("at"))

    objects = ScopedQuerySet.as_manager()

    def __str__(self) -> str:
        return self.text[:60]


class TaskQuerySet(ScopedQuerySet):
    """Questions about what is to be done."""

    def open(self) -> Self:
        """Keep what nobody has done yet, the most urgent first; what has no date comes last."""
        return self.filter(done_at=None).order_by(models.F("due_date").asc(nulls_last=True), "pk")


class Task(PublicIdMixin, models.Model):
    """What somebody means to do about a contact."""

    id = KeyField(prefix="task")
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="tasks")
    text = models.CharField(_("task"), max_length=200)
    due_date = models.DateField(_("due"), null=True, blank=True)
    owner = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    by = models.CharField(_("by"), max_length=200)
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(_("done"), null=True, blank=True)

    objects = TaskQuerySet.as_manager()

    class Meta:
        indexes = (
            models.Index(fields=["workspace", "owner", "due_date"], condition=Q(done_at=None), name="task_open"),
        )

    def __str__(self) -> str:
        return self.text
