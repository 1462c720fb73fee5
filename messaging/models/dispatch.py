from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from messaging.models.template import MessageTemplate


class Series(models.Model):
    """Dispatches that know of each other; locked while one of them is prepared."""

    name = models.CharField(max_length=200, primary_key=True)

    class Meta:
        db_table = "dispatch_series"

    def __str__(self) -> str:
        return self.name


class Dispatch(models.Model):
    """The intent to send one template to one audience.

    `source_key` names what asked for it, such as "automation-run:12", and makes a
    second request for the same a no-op. Dispatches of one `series` know of each
    other, which is how "only once per customer" is decided.
    """

    class State(models.TextChoices):
        PREPARING = "preparing", _("Being prepared")
        SENDING = "sending", _("Sending")
        PAUSED = "paused", _("Paused")
        HELD = "held", _("Held")
        CANCELLED = "cancelled", _("Cancelled")
        DONE = "done", _("Done")

    class Lane(models.IntegerChoices):
        TRANSACTIONAL = 0, _("Transactional")
        WORKFLOW = 1, _("Workflow")
        BULK = 2, _("Bulk")

    template = models.ForeignKey(
        MessageTemplate, models.PROTECT, related_name="dispatches"
    )
    source_key = models.CharField(max_length=200, unique=True)
    series = models.CharField(max_length=200, blank=True, db_index=True)
    name = models.CharField(_("name"), max_length=255)
    lane = models.SmallIntegerField(choices=Lane.choices, default=Lane.BULK)
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.PREPARING
    )
    audience_count = models.BigIntegerField(_("audience"), default=0)
    context = models.JSONField(default=dict, blank=True)
    # The query parameters that web analytics know the visits by.
    utm = models.CharField(max_length=500, blank=True, default="", db_default="")
    # Why the product, not a person, paused or held it: a sentence.
    stopped_because = models.TextField(blank=True, default="", db_default="")
    # What went wrong with mails before this does not count against it any more.
    watched_since = models.DateTimeField(null=True, editable=False)
    # When customers get it, by the clocks where they are; else as soon as it can go.
    local_time = models.TimeField(_("time of the day"), null=True, blank=True)
    # Customers are added as time goes by; until that ends it is never done.
    grows = models.BooleanField(default=False, db_default=False, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(_("created at"), db_default=Now())
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        db_table = "dispatches"
        verbose_name = _("dispatch")
        verbose_name_plural = _("dispatches")
        permissions = (("export_dispatch", _("Can export dispatches")),)
        ordering = ("-id",)
        indexes = (
            models.Index(
                fields=("lane", "id"),
                condition=Q(state="sending"),
                name="dispatches_open",
            ),
            models.Index(
                fields=("state", "id"),
                condition=Q(state__in=("paused", "held")),
                name="dispatches_stopped",
            ),
        )

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("admin:messaging_dispatch_change", args=(self.pk,))
