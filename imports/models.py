import uuid

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class ImportJob(models.Model):
    """One file on its way into one target, from upload to report."""

    class Status(models.TextChoices):
        UPLOADED = "uploaded", _("Waiting for its columns to be mapped")
        CHECKING = "checking", _("Being checked")
        CHECKED = "checked", _("Checked, waiting for confirmation")
        QUEUED = "queued", _("Confirmed, waiting for a worker")
        RUNNING = "running", _("Being imported")
        DONE = "done", _("Imported")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

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
        permissions = (("export_importjob", _("Can export the list of imports")),)

    def __str__(self) -> str:
        return self.file_name

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
