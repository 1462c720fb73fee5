from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class ApiKey(models.Model):
    """One key of an integration; only its prefix and a keyed hash are kept."""

    name = models.CharField(_("name"), max_length=100)
    prefix = models.CharField(_("prefix"), max_length=16, unique=True, editable=False)
    key_hash = models.CharField(max_length=64, editable=False)
    scopes = ArrayField(
        models.CharField(max_length=50), verbose_name=_("scopes"), default=list
    )
    is_test = models.BooleanField(
        _("test key"),
        default=False,
        help_text=_("A test key checks everything and stores nothing."),
    )
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    requests_per_minute = models.PositiveIntegerField(
        _("requests per minute"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Empty: the limit that holds for all keys."),
    )
    items_per_minute = models.PositiveIntegerField(
        _("items per minute"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("How many rows it may publish; empty: the limit for all keys."),
    )
    last_used_at = models.DateTimeField(_("last used at"), null=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        db_table = "api_keys"
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        permissions = (("export_apikey", _("Can export the list of API keys")),)
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return self.name


class IdempotentResponse(models.Model):
    """The first answer to a request that came with an Idempotency-Key.

    It is written in the transaction of what the request wrote. `fingerprint` is the
    SHA-256 of the request; keys are never deleted, so nothing checks that they exist.
    """

    pk = models.CompositePrimaryKey("api_key_id", "key")
    api_key = models.ForeignKey(
        ApiKey,
        models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    key = models.CharField(max_length=255)
    fingerprint = models.BinaryField(max_length=32)
    status_code = models.PositiveSmallIntegerField()
    body = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "idempotent_responses"
        default_permissions = ()
        indexes = (
            BrinIndex(
                fields=("created_at",), name="answers_by_age", autosummarize=True
            ),
        )

    def __str__(self) -> str:
        return self.key


class Heartbeat(models.Model):
    """The last sign of life of a part of the system, such as the worker or beat."""

    name = models.CharField(max_length=50, primary_key=True)
    beat_at = models.DateTimeField()

    class Meta:
        db_table = "heartbeats"

    def __str__(self) -> str:
        return self.name


class RoleGrant(models.Model):
    """A permission that set-up gave a role; it is given once, and never again.

    So an administrator may take it away for good.
    """

    group = models.ForeignKey("auth.Group", models.CASCADE, related_name="+")
    permission = models.ForeignKey("auth.Permission", models.CASCADE, related_name="+")

    class Meta:
        db_table = "role_grants"
        default_permissions = ()
        constraints = (
            models.UniqueConstraint("group", "permission", name="one_grant_per_role"),
        )

    def __str__(self) -> str:
        return f"{self.group_id}: {self.permission_id}"


class Dismissal(models.Model):
    """A notice of the back office that one person does not want to see again."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    notice = models.CharField(max_length=50)
    dismissed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "dismissals"
        default_permissions = ()
        constraints = (
            models.UniqueConstraint("user", "notice", name="one_dismissal_per_person"),
        )

    def __str__(self) -> str:
        return self.notice


class ExportRecord(models.Model):
    """Who took which list out of the system as a file, and how many rows of it.

    Without `finished_at` it was broken off after `row_count` rows.
    """

    what = models.CharField(_("list"), max_length=100)
    by = models.CharField(_("who"), max_length=200)
    file_format = models.CharField(_("format"), max_length=10)
    columns = models.JSONField(_("columns"), default=list)
    row_count = models.BigIntegerField(_("rows"), default=0)
    started_at = models.DateTimeField(_("started at"), auto_now_add=True)
    finished_at = models.DateTimeField(_("finished at"), null=True)

    class Meta:
        db_table = "export_records"
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        permissions = (("export_exportrecord", _("Can export the list of exports")),)
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.what} ({self.file_format})"
