from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

# What the product knows by itself; `funnel.conversions` says what each means.
BUILT_IN_NAMES = (
    "signup",
    "attend_first_session",
    "upgrade",
    "attend_first_paid_session",
)


class ConversionName(models.Model):
    """A conversion that staff added to those that the product knows by itself."""

    name = models.CharField(
        _("name"),
        max_length=100,
        unique=True,
        validators=[
            RegexValidator(
                r"\A[a-z][a-z0-9_]*\Z",
                _("Use small letters, digits and _, and begin with a letter."),
            )
        ],
        help_text=_("As other systems report it, such as bring_a_friend."),
        error_messages={"unique": _("There is a conversion of this name already.")},
    )
    description = models.TextField(_("description"), blank=True, max_length=10_000)
    place = models.PositiveSmallIntegerField(
        _("place"),
        default=100,
        help_text=_("Where it stands on the way: lower comes first."),
    )
    created_at = models.DateTimeField(_("created at"), db_default=Now())

    class Meta:
        db_table = "conversion_names"
        verbose_name = _("conversion")
        verbose_name_plural = _("conversions")
        ordering = ("place", "name")
        permissions = (("export_conversionname", _("Can export conversions")),)
        constraints = (
            models.CheckConstraint(
                condition=~models.Q(name__in=BUILT_IN_NAMES),
                name="no_built_in_conversion",
                violation_error_message=_("This conversion is known already."),
            ),
        )

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("admin:funnel_conversionname_change", args=(self.pk,))
