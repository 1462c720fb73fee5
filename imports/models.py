import hashlib
import json
import uuid

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

# More than any file has: where an undo, which goes backwards, begins.
MAX_LINE = 2**62


class ImportJob(models.Model):
    """One file on its way into one target, from upload to report."""

    class Status(models.TextChoices):
        READING = "reading", _("Being read")
        UPLOADED = "uploaded", _("Waiting for its columns to be mapped")
        CHECKING = "checking", _("Being checked")
        CHECKED = "checked", _("Checked, waiting for confirmation")
        QUEUED = "queued", _("Confirmed, waiting for a worker")
        RUNNING = "running", _("Being imported")
        DONE = "done", _("Imported")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")
        UNDOING = "undoing", _("Being undone")
        UNDONE = "undone", _("Undone")

    class Source(models.TextChoices):
        ADMIN = "admin", _("Admin")
        COMMAND = "command", _("Command")
        API = "api", _("API")

    target = models.CharField(_("target"), max_length=50)
    source = models.CharField(_("source"), max_length=10, choices=Source.choices)
    status = models.CharField(
        _("status"), max_length=10, choices=Status.choices, default=Status.UPLOADED
    )
    file = models.FileField(_("file"), upload_to="imports/%Y/%m/", blank=True)
    file_name = models.CharField(_("file name"), max_length=255)
    file_size = models.BigIntegerField(_("file size"), default=0)
    sha256 = models.CharField(max_length=64, blank=True, db_index=True)
    encoding = models.CharField(_("encoding"), max_length=20, blank=True)
    delimiter = models.CharField(_("delimiter"), max_length=1, blank=True)
    mapping = models.JSONField(_("mapping"), default=dict, blank=True)
    options = models.JSONField(_("options"), default=dict, blank=True)
    preview = models.JSONField(_("preview"), default=dict, blank=True)
    columns = models.JSONField(_("columns"), default=list, blank=True)
    report = models.JSONField(_("report"), default=dict, blank=True)
    stage_table = models.CharField(max_length=63, blank=True)
    saved_mapping = models.ForeignKey(
        "imports.SavedMapping",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("saved mapping"),
    )
    rows_total = models.BigIntegerField(_("rows"), default=0)
    last_line = models.BigIntegerField(_("last line done"), default=0)
    rows_done = models.BigIntegerField(_("rows done"), default=0)
    created_count = models.BigIntegerField(_("created"), default=0)
    updated_count = models.BigIntegerField(_("updated"), default=0)
    unchanged_count = models.BigIntegerField(_("unchanged"), default=0)
    rejected_count = models.BigIntegerField(_("rejected"), default=0)
    cancel_requested = models.BooleanField(default=False)
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    error = models.TextField(_("error"), blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    lease_token = models.UUIDField(null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("created by"),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        db_table = "import_jobs"
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ("-id",)
        permissions = (
            ("export_importjob", _("Can export the list of imports")),
            ("undo_importjob", _("Can undo imports")),
        )

    def __str__(self) -> str:
        return self.file_name

    @property
    def seen(self) -> str:
        """What a person confirms who sees the check: another mapping is another text."""
        said = json.dumps([self.mapping, self.options, self.preview], sort_keys=True)
        return hashlib.sha256(said.encode()).hexdigest()

    @staticmethod
    def new_lease() -> uuid.UUID:
        return uuid.uuid4()


class ImportReject(models.Model):
    """One value of one row that an import refused, and why."""

    job = models.ForeignKey(ImportJob, models.CASCADE, related_name="rejects")
    line = models.BigIntegerField(_("line"))
    column = models.CharField(_("column"), max_length=255, blank=True)
    reason = models.TextField(_("reason"))
    value = models.TextField(_("value"), blank=True)

    class Meta:
        db_table = "import_rejects"
        ordering = ("job", "line", "id")
        indexes = (models.Index(fields=("job", "line"), name="rejects_by_line"),)

    def __str__(self) -> str:
        return f"{self.line}: {self.reason}"


class ImportChange(models.Model):
    """What one row of a file created or changed, kept while it can be undone.

    The table is partitioned by job and has neither key nor index in the database: see
    `imports.services.changes`, which alone writes it. `subject_id` is the row that was
    written, `owner_id` the customer whose it is.
    """

    pk = models.CompositePrimaryKey("job_id", "line")
    job = models.ForeignKey(
        ImportJob,
        models.DO_NOTHING,
        related_name="changes",
        db_constraint=False,
        db_index=False,
    )
    line = models.BigIntegerField()
    subject_id = models.BigIntegerField()
    owner_id = models.BigIntegerField(null=True)
    action = models.TextField()
    written_at = models.DateTimeField()
    old = models.JSONField(null=True)
    new = models.JSONField(null=True)

    class Meta:
        db_table = "import_changes"

    def __str__(self) -> str:
        return f"{self.line}: {self.action}"


class ImportUndo(models.Model):
    """The undoing of one import: first only looked at, then, once confirmed, done.

    `action` and `line` are the place it reached in the change-set; while a worker is
    at it, it holds the lock of this row.
    """

    class State(models.TextChoices):
        CHECKING = "checking", _("Being looked at")
        READY = "ready", _("Waiting for confirmation")
        UNDOING = "undoing", _("Being undone")
        DONE = "done", _("Undone")
        FAILED = "failed", _("Failed")

    job = models.OneToOneField(ImportJob, models.CASCADE, related_name="undo")
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.CHECKING
    )
    action = models.CharField(max_length=10, default="create")
    line = models.BigIntegerField(default=MAX_LINE)
    total = models.BigIntegerField(_("changes"), default=0)
    done = models.BigIntegerField(_("changes done"), default=0)
    removed_count = models.BigIntegerField(_("removed"), default=0)
    restored_count = models.BigIntegerField(_("put back"), default=0)
    gone_count = models.BigIntegerField(_("gone already"), default=0)
    touched_count = models.BigIntegerField(_("changed since"), default=0)
    error = models.TextField(_("error"), blank=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("undone by"),
    )
    asked_at = models.DateTimeField(_("asked for at"), auto_now_add=True)
    began_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        db_table = "import_undos"
        verbose_name = _("undoing of an import")
        verbose_name_plural = _("undoings of imports")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.job_id}: {self.state}"


class ImportConflict(models.Model):
    """A customer or value that changed after an import, so that undoing leaves it.

    An empty `field` is the row as a whole; `owner_id` is the customer.
    """

    undo = models.ForeignKey(ImportUndo, models.CASCADE, related_name="conflicts")
    line = models.BigIntegerField(_("line"))
    owner_id = models.BigIntegerField(null=True)
    who = models.CharField(_("customer"), max_length=320, blank=True)
    field = models.CharField(_("field"), max_length=300, blank=True)
    imported = models.TextField(_("imported"), blank=True)
    now = models.TextField(_("now"), blank=True)
    reason = models.TextField(_("reason"), blank=True)

    class Meta:
        db_table = "import_conflicts"
        default_permissions = ()
        ordering = ("undo", "line", "id")
        indexes = (models.Index(fields=("undo", "line"), name="conflicts_by_line"),)

    def __str__(self) -> str:
        return f"{self.line}: {self.field or self.reason}"


class SavedMapping(models.Model):
    """What the columns of one kind of file become, kept under a name.

    `columns` are the headers in the file's order; `signature` is the same for every
    file that has the same set of them.
    """

    target = models.CharField(_("target"), max_length=50)
    name = models.CharField(_("name"), max_length=100)
    columns = models.JSONField(_("columns"), default=list)
    signature = models.CharField(max_length=64)
    mapping = models.JSONField(_("mapping"), default=dict)
    options = models.JSONField(_("options"), default=dict, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("created by"),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed at"), auto_now=True)

    class Meta:
        db_table = "import_saved_mappings"
        verbose_name = _("saved mapping")
        verbose_name_plural = _("saved mappings")
        ordering = ("name", "id")
        constraints = (
            models.UniqueConstraint(
                "target",
                Lower("name"),
                name="one_saved_mapping_per_name",
                violation_error_message=_("There is a saved mapping of this name."),
            ),
        )
        indexes = (
            models.Index(fields=("target", "signature"), name="mappings_by_columns"),
        )

    def __str__(self) -> str:
        return self.name
