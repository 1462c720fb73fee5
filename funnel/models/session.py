from typing import Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Lower, Now
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

LONGEST_MINUTES = 24 * 60


class Group(models.Model):
    """What sessions are held of, such as a course or a circle that meets weekly."""

    name = models.CharField(_("name"), max_length=200)
    description = models.TextField(_("description"), blank=True, max_length=10_000)
    created_at = models.DateTimeField(_("created at"), db_default=Now())

    class Meta:
        db_table = "groups"
        verbose_name = _("session group")
        verbose_name_plural = _("session groups")
        ordering = ("name", "id")
        permissions = (("export_group", _("Can export session groups")),)
        constraints = (
            models.UniqueConstraint(
                Lower("name"),
                name="one_group_of_a_name",
                violation_error_message=_("There is a group of this name already."),
            ),
        )

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("admin:funnel_group_change", args=(self.pk,))


class Session(models.Model):
    """One meeting of a group, which customers book and come to."""

    # The group is the first column of a constraint below.
    group = models.ForeignKey(
        Group,
        models.PROTECT,
        related_name="sessions",
        db_index=False,
        verbose_name=_("group"),
    )
    starts_at = models.DateTimeField(_("starts at"))
    name = models.CharField(
        _("name"),
        max_length=200,
        blank=True,
        help_text=_("What this session is about; may stay empty."),
    )
    minutes = models.PositiveSmallIntegerField(
        _("minutes"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_MINUTES)],
    )
    is_paid = models.BooleanField(
        _("paid"), default=False, help_text=_("For paying members; else free.")
    )
    external_id = models.CharField(
        _("external ID"), max_length=255, null=True, blank=True, unique=True
    )

    class Meta:
        db_table = "sessions"
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        ordering = ("-starts_at", "-id")
        permissions = (("export_session", _("Can export sessions")),)
        constraints = (
            models.UniqueConstraint(
                "group",
                "starts_at",
                name="one_session_of_a_group_at_a_time",
                violation_error_message=_(
                    "Another session of this group starts at this time."
                ),
            ),
        )
        indexes = (models.Index(fields=("-starts_at", "-id"), name="sessions_by_date"),)

    def __str__(self) -> str:
        when = date_format(timezone.localtime(self.starts_at), "DATETIME_FORMAT")
        return " · ".join(filter(None, (self.group.name, self.name, when)))

    def get_absolute_url(self) -> str:
        return reverse("admin:funnel_session_change", args=(self.pk,))


class BookingQuerySet(models.QuerySet["Booking"]):
    def attended(self) -> Self:
        return self.filter(attended=True)


class Booking(models.Model):
    """A customer's place in a session, and whether they came."""

    customer = models.ForeignKey(
        "customers.Customer",
        models.PROTECT,
        related_name="bookings",
        verbose_name=_("customer"),
    )
    # The session is the first column of a constraint below.
    session = models.ForeignKey(
        Session,
        models.PROTECT,
        related_name="bookings",
        db_index=False,
        verbose_name=_("session"),
    )
    attended = models.BooleanField(_("attended"), default=False)
    booked_at = models.DateTimeField(_("booked at"), db_default=Now())

    objects = BookingQuerySet.as_manager()

    class Meta:
        db_table = "bookings"
        verbose_name = _("booking")
        verbose_name_plural = _("bookings")
        ordering = ("-id",)
        permissions = (("export_booking", _("Can export bookings")),)
        constraints = (
            models.UniqueConstraint(
                "session",
                "customer",
                name="one_booking_of_a_session",
                violation_error_message=_("The customer booked this session already."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.customer} · {self.session}"

    def get_absolute_url(self) -> str:
        return reverse("admin:funnel_booking_change", args=(self.pk,))


class AttendanceMark(models.Model):
    """One time that somebody said whether a customer came; the last one counts.

    Corrections are further marks, so that a mark taken back stays known.
    """

    booking = models.ForeignKey(Booking, models.CASCADE, related_name="marks")
    attended = models.BooleanField(_("attended"))
    source = models.CharField(_("source"), max_length=100)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    marked_at = models.DateTimeField(_("marked at"), db_default=Now())

    class Meta:
        db_table = "attendance_marks"
        default_permissions = ()
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.booking_id}: {self.attended}"
