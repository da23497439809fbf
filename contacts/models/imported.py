"""Files of contacts on their way in."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from contacts.enums import (
    ConsentSource,
    Doubtful,
    ImportStatus,
    OnDuplicate,
)
from contacts.models.stage import PipelineStage
from fluenzr.core.ids import KeyField, PublicIdMixin
from fluenzr.workspaces.models import ScopedQuerySet, Workspace


class Import(PublicIdMixin, models.Model):
    """One file of contacts on its way in: what it is, what becomes of its columns, and how far it got."""

    id = KeyField(prefix="imp")
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="imports")
    file_name = models.CharField(_("file"), max_length=200)
    size = models.PositiveBigIntegerField(_("size"), help_text=_("In bytes."))
    sha256 = models.CharField(max_length=64, editable=False)
    status = models.CharField(_("status"), max_length=20, choices=ImportStatus.choices, default=ImportStatus.DRAFT)
    by = models.CharField(_("by"), max_length=200)
    format = models.JSONField(_("format"), default=dict)
    has_header = models.BooleanField(_("first row holds names"), default=True)
    header = models.JSONField(_("columns"), default=list)
    total_rows = models.PositiveIntegerField(_("rows"), default=0)
    # A target for each column, as `contacts.importing.columns` names them.
    mapping = models.JSONField(_("mapping"), default=list)
    on_duplicate = models.CharField(
        _("known addresses"), max_length=10, choices=OnDuplicate.choices, default=OnDuplicate.SKIP
    )
    doubtful = models.CharField(
        _("role and disposable addresses"), max_length=10, choices=Doubtful.choices, default=Doubtful.TAG
    )
    check_mx = models.BooleanField(_("asks whether the domains take mail"), default=False)
    day_first = models.BooleanField(_("dates begin with the day"), default=False)
    group_ids = models.JSONField(_("groups"), default=list)
    tags = models.JSONField(_("tags"), default=list)
    stage = models.ForeignKey(PipelineStage, models.SET_NULL, null=True, blank=True, related_name="+")
    consent_source = models.CharField(_("consent from"), max_length=20, choices=ConsentSource.choices, blank=True)
    consent_wording = models.TextField(_("words of the consent"), blank=True)
    # The checkpoint, moved in the transaction of the rows it speaks of.
    done_rows = models.PositiveIntegerField(_("rows done"), default=0)
    created_rows = models.PositiveIntegerField(_("created"), default=0)
    updated_rows = models.PositiveIntegerField(_("updated"), default=0)
    skipped_rows = models.PositiveIntegerField(_("skipped"), default=0)
    rejected_rows = models.PositiveIntegerField(_("rejected"), default=0)
    role_rows = models.PositiveIntegerField(_("role addresses"), default=0)
    disposable_rows = models.PositiveIntegerField(_("disposable addresses"), default=0)
    no_mail_rows = models.PositiveIntegerField(_("domains without mail"), default=0)
    unchecked_rows = models.PositiveIntegerField(_("domains not checked"), default=0)
    suppressed_rows = models.PositiveIntegerField(_("suppressed"), default=0)
    undone_contacts = models.PositiveIntegerField(_("contacts taken back"), default=0)
    rows_per_second = models.PositiveIntegerField(default=0)
    # Who works on it: each worker that takes it up raises the fence, so that a late one can write nothing more.
    fence = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(_("error"), blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        indexes = (
            models.Index(fields=["workspace", "-created_at"], name="import_created"),
            models.Index(
                fields=["lease_until"],
                name="import_due",
                condition=Q(status__in=[ImportStatus.RUNNING, ImportStatus.UNDOING]),
            ),
        )

    def __str__(self) -> str:
        return self.file_name


class ImportPart(models.Model):
    """Some megabytes of an import's file, so that nobody ever holds all of it; gone when the import has ended."""

    id = KeyField()
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    origin = models.ForeignKey(Import, models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["origin", "number"], name="import_part_unique"),)

    def __str__(self) -> str:
        return f"part {self.number} of {self.origin_id}"


class RejectedRow(models.Model):
    """A row of a file that became no contact, and why."""

    id = KeyField()
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    origin = models.ForeignKey(Import, models.CASCADE, related_name="rejects")
    line = models.PositiveIntegerField(_("line"))
    reason = models.CharField(_("reason"), max_length=500)
    cells = models.JSONField(_("cells"), default=list)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        indexes = (models.Index(fields=["origin", "line"], name="rejected_line"),)

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"
