from django.db import models
from django.utils.translation import gettext_lazy as _


class AttributeDefinition(models.Model):
    """A field that customers can have beyond the fixed ones; it has one type."""

    class FieldType(models.TextChoices):
        NUMERIC = "numeric", _("Number")
        STRING = "string", _("Text")
        DATE = "date", _("Date")
        TIMESTAMP = "timestamp", _("Date and time")
        BOOLEAN = "boolean", _("Yes or no")
        ARRAY = "array", _("List")

    name = models.CharField(_("name"), max_length=255, unique=True)
    field_type = models.CharField(_("type"), max_length=10, choices=FieldType.choices)
    label = models.CharField(_("label"), max_length=255, blank=True)
    sensitive = models.BooleanField(
        _("sensitive"),
        default=False,
        help_text=_(
            "Hidden from SQL segments, exports and lists, such as health data."
        ),
    )
    indexed = models.BooleanField(
        _("indexed"),
        default=False,
        help_text=_("Faster in segments, a little slower to import."),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        db_table = "attribute_definitions"
        verbose_name = _("attribute")
        verbose_name_plural = _("attributes")
        ordering = ("name",)
        permissions = (("export_attributedefinition", _("Can export attributes")),)

    def __str__(self) -> str:
        return self.label or self.name


class CustomerAttributeDates(models.Model):
    """When each attribute of a customer came and changed.

    `dates` maps a field name to [created, updated] in seconds since the epoch; under
    the empty name stand those of all attributes that are not listed, which came
    together with the customer. It stands beside the customer so that scans over the
    values stay narrow.
    """

    customer = models.OneToOneField(
        "customers.Customer",
        models.CASCADE,
        primary_key=True,
        db_constraint=False,
        related_name="attribute_dates",
    )
    dates = models.JSONField(default=dict)

    class Meta:
        db_table = "customer_attribute_dates"

    def __str__(self) -> str:
        return str(self.pk)


class CustomerAttribute(models.Model):
    """One attribute of one customer, read through a view over `customers`."""

    id = models.BigIntegerField(primary_key=True)
    customer = models.ForeignKey(
        "customers.Customer", models.DO_NOTHING, related_name="attribute_rows"
    )
    field_type = models.CharField(
        _("type"), max_length=10, choices=AttributeDefinition.FieldType.choices
    )
    field_name = models.CharField(_("name"), max_length=255)
    field_value = models.JSONField(_("value"))
    created_date = models.DateTimeField(_("created"))
    updated_date = models.DateTimeField(_("updated"))

    class Meta:
        managed = False
        db_table = "customer_attributes"
        ordering = ("field_name",)

    def __str__(self) -> str:
        return f"{self.field_name}: {self.field_value}"
