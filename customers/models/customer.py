from django.contrib.postgres.indexes import BrinIndex, GinIndex
from django.contrib.postgres.search import SearchQuery, SearchVectorField
from django.db import models
from django.db.models import Func, Q, Value
from django.db.models.functions import Coalesce, Lower, Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class SearchDocument(Func):
    """The words by which a customer is found; the e-mail also by its parts."""

    template = (
        "to_tsvector('simple'::regconfig, %(expressions)s"
        " || ' ' || translate(email, '@.-_+', '     '))"
    )
    arg_joiner = " || ' ' || "
    output_field = SearchVectorField()


class CustomerQuerySet(models.QuerySet["Customer"]):
    def active(self) -> "CustomerQuerySet":
        """Leave out whoever was erased or archived."""
        return self.filter(erased_at=None, archived_at=None)

    def search(self, text: str) -> "CustomerQuerySet":
        """Find customers whose words, or whose lead ID, begin with `text`."""
        text = text.replace("\0", " ").strip()
        if not text:
            return self
        lead = Q(lms_lead_id__startswith=text)
        words = "".join(char if char.isalnum() else " " for char in text).split()
        if not words:
            return self.filter(lead)
        query = SearchQuery(
            " & ".join(_prefix(word) for word in words[:8]),
            search_type="raw",
            config="simple",
        )
        return self.filter(Q(search=query) | lead)


def _prefix(word: str) -> str:
    # The parser keeps the sign of a number: "+44 7700" becomes "+44" and "7700".
    if word.isdigit():
        return f"('{word}':* | '+{word}':* | '-{word}':*)"
    return f"'{word}':*"


class Customer(models.Model):
    """One person known to the company, under every identity it was given."""

    lms_lead_id = models.CharField(
        _("LMS lead ID"), max_length=255, unique=True, null=True, blank=True
    )
    first_name = models.CharField(_("first name"), max_length=255, blank=True)
    last_name = models.CharField(_("last name"), max_length=255, blank=True)
    email = models.CharField(_("e-mail"), max_length=320, blank=True)
    mobile = models.CharField(_("mobile"), max_length=50, blank=True)
    timezone = models.CharField(_("time zone"), max_length=64, blank=True)
    attributes = models.JSONField(default=dict, blank=True)
    archived_at = models.DateTimeField(_("archived at"), null=True, blank=True)
    erased_at = models.DateTimeField(_("erased at"), null=True, blank=True)
    created_date = models.DateTimeField(_("created"), db_default=Now())
    updated_date = models.DateTimeField(_("updated"), db_default=Now())
    search = models.GeneratedField(
        expression=SearchDocument(
            Coalesce("first_name", Value("")),
            Coalesce("last_name", Value("")),
            Coalesce("email", Value("")),
            Coalesce("mobile", Value("")),
            Coalesce("lms_lead_id", Value("")),
        ),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    objects = CustomerQuerySet.as_manager()

    class Meta:
        db_table = "customers"
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        ordering = ("-id",)
        permissions = (
            ("view_sensitive", _("Can see sensitive attributes")),
            ("export_customer", _("Can export customers")),
            ("export_personal_data", _("Can export all that is held about a customer")),
            ("erase_customer", _("Can erase customers")),
        )
        constraints = (
            models.UniqueConstraint(
                Lower("email"),
                condition=Q(lms_lead_id=None) & ~Q(email=""),
                name="one_customer_per_email_without_lead_id",
            ),
        )
        indexes = (
            models.Index(Lower("email"), name="customers_lower_email"),
            GinIndex(fields=("search",), name="customers_search", fastupdate=False),
            models.Index(fields=("last_name",), name="customers_by_name"),
            models.Index(fields=("created_date",), name="customers_by_date"),
            # A plain one would have to be told of each change of a customer.
            BrinIndex(
                fields=("updated_date",),
                name="customers_by_update",
                autosummarize=True,
            ),
            models.Index(
                fields=("id",),
                condition=Q(archived_at__isnull=False),
                name="customers_archived",
            ),
            models.Index(
                fields=("id",),
                condition=Q(erased_at__isnull=False),
                name="customers_erased",
            ),
            models.Index(
                fields=("id",), condition=Q(email=""), name="customers_without_email"
            ),
        )

    def __str__(self) -> str:
        return self.full_name or self.email or self.lms_lead_id or f"#{self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("admin:customers_customer_change", args=(self.pk,))

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()
