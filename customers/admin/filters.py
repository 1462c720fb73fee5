"""The search section on top of the list of customers."""

import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django_filters import ChoiceFilter, Filter

from customers.models import AttributeDefinition, Consent, Customer, MemberTag
from customers.selectors import (
    AttributeCondition,
    visible_definitions,
    with_attribute,
)
from marketing_os.lib.distinct import distinct_values
from marketing_os.lib.filters import (
    FilledFilter,
    FromDayFilter,
    SearchFilterSet,
    SuggestFilter,
    ToDayFilter,
    start_of,
)
from marketing_os.lib.registry import registry

FieldType = AttributeDefinition.FieldType

OPERATORS = (
    ("is", _("is")),
    ("more", _("is at least")),
    ("less", _("is at most")),
    ("contains", _("contains")),
    ("starts", _("begins with")),
    ("known", _("is known")),
    ("unknown", _("is not known")),
)
_ORDERED = ("is", "more", "less", "known", "unknown")
OPERATORS_BY_TYPE = {
    FieldType.NUMERIC: _ORDERED,
    FieldType.DATE: _ORDERED,
    FieldType.TIMESTAMP: ("more", "less", "known", "unknown"),
    FieldType.STRING: ("is", "contains", "starts", "known", "unknown"),
    FieldType.BOOLEAN: ("is", "known", "unknown"),
    FieldType.ARRAY: ("contains", "known", "unknown"),
}
_WITHOUT_VALUE = ("known", "unknown")


def _names(definitions: list[AttributeDefinition]) -> list[tuple[str, Any]]:
    named = [(found.name, str(found)) for found in definitions]
    return [("", _("Any attribute")), *named]


class AttributeSelect(forms.Select):
    """A drop-down whose options tell the script the type of each attribute."""

    types: dict[str, str] = {}

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> Any:
        option = super().create_option(name, value, *args, **kwargs)
        option["attrs"]["data-type"] = self.types.get(str(value), "")
        return option


class AttributeWidget(forms.MultiWidget):
    """Attribute, operator and value side by side."""

    template_name = "admin/customers/attribute_condition.html"

    def __init__(self, definitions: list[AttributeDefinition]) -> None:
        attribute = AttributeSelect(
            attrs={"aria-label": _("Attribute")}, choices=_names(definitions)
        )
        attribute.types = {found.name: found.field_type for found in definitions}
        parts = (
            attribute,
            forms.Select(attrs={"aria-label": _("Comparison")}, choices=OPERATORS),
            forms.TextInput(attrs={"aria-label": _("Value"), "maxlength": 300}),
        )
        super().__init__(parts)

    def decompress(self, value: Any) -> list[Any]:
        return [None, None, None]

    class Media:
        js = ("customers/attribute_condition.js",)


class AttributeConditionField(forms.MultiValueField):
    """Reads an attribute, an operator and a value typed by the attribute."""

    wide = True

    def __init__(self, *, definitions: list[AttributeDefinition], **kwargs: Any):
        self.definitions = {found.name: found for found in definitions}
        super().__init__(
            fields=(
                forms.ChoiceField(choices=_names(definitions), required=False),
                forms.ChoiceField(choices=OPERATORS, required=False),
                forms.CharField(required=False, max_length=300),
            ),
            widget=AttributeWidget(definitions),
            require_all_fields=False,
            **kwargs,
        )

    def compress(self, data_list: list[Any]) -> AttributeCondition | None:
        name, operator, text = (*data_list, "", "", "")[:3]
        if not name:
            return None
        definition = self.definitions[name]
        allowed = OPERATORS_BY_TYPE[FieldType(definition.field_type)]
        operator = operator or allowed[0]
        if operator not in allowed:
            raise ValidationError(
                _("“%(comparison)s” does not go with %(name)s."),
                params={
                    "comparison": dict(OPERATORS)[operator],
                    "name": str(definition),
                },
            )
        if operator in _WITHOUT_VALUE:
            return AttributeCondition(definition, operator)
        if not text:
            raise ValidationError(_("Enter a value to compare with."))
        value = parse_value(text, definition.field_type, operator)
        return AttributeCondition(definition, operator, value)


def parse_value(text: str, field_type: str, operator: str) -> Any:
    """Turn typed text into the stored form of a type, or say what is expected."""
    if field_type == FieldType.NUMERIC:
        return _number(text)
    if field_type == FieldType.DATE:
        return _day(text).isoformat()
    if field_type == FieldType.TIMESTAMP:
        moment = start_of(_day(text))
        if operator == "less":
            moment += datetime.timedelta(days=1, seconds=-1)
        return moment.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if field_type == FieldType.BOOLEAN:
        return _yes_or_no(text)
    return text


def _number(text: str) -> int | float:
    try:
        number = Decimal(text.strip().replace(" ", ""))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or abs(number) > Decimal("1e300"):
        raise ValidationError(_("Enter a number, such as 12.5."))
    return int(number) if number == int(number) else float(number)


def _day(text: str) -> datetime.date:
    try:
        day = datetime.date.fromisoformat(text.strip())
    except ValueError:
        day = datetime.date.min
    if not 1900 <= day.year <= 2999:
        raise ValidationError(_("Enter a date as year-month-day, such as 2026-03-31."))
    return day


def _yes_or_no(text: str) -> bool:
    word = text.strip().lower()
    if word in ("yes", "true", "1"):
        return True
    if word in ("no", "false", "0"):
        return False
    raise ValidationError(_("Enter yes or no."))


class AttributeFilter(Filter):
    field_class = AttributeConditionField

    def filter(
        self, qs: QuerySet[Customer], value: AttributeCondition | None
    ) -> QuerySet[Customer]:
        return with_attribute(qs, value) if value else qs


class ConsentFilter(ChoiceFilter):
    """Keep customers by their last decision about marketing by e-mail."""

    def filter(self, qs: QuerySet[Customer], value: str) -> QuerySet[Customer]:
        asked = Consent.objects.filter(channel="email", topic="")
        if value == "none":
            return qs.filter(~Exists(asked.filter(customer=OuterRef("pk"))))
        if value in ("yes", "no"):
            return qs.filter(pk__in=_answered(asked, granted=value == "yes"))
        return qs


def _answered(asked: QuerySet[Consent], *, granted: bool) -> QuerySet[Any, Any]:
    """Return the customers whose last answer is this one.

    Written as "an answer that no later one replaced", so that few customers are found
    from their answers and many while walking along the list.
    """
    later = asked.filter(customer=OuterRef("customer")).filter(
        Q(occurred_at__gt=OuterRef("occurred_at"))
        | Q(occurred_at=OuterRef("occurred_at"), granted__lt=OuterRef("granted"))
    )
    return asked.filter(~Exists(later), granted=granted).values("customer_id")


class TagFilter(SuggestFilter):
    def filter(self, qs: QuerySet[Customer], value: str) -> QuerySet[Customer]:
        if not value:
            return qs
        tagged = MemberTag.objects.filter(tag=value).values("customer_id")
        return qs.filter(pk__in=tagged)


class StateFilter(ChoiceFilter):
    """Show active customers unless asked for others."""

    def filter(self, qs: QuerySet[Customer], value: str) -> QuerySet[Customer]:
        if value == "archived":
            return qs.filter(archived_at__isnull=False, erased_at=None)
        if value == "erased":
            return qs.filter(erased_at__isnull=False)
        if value == "all":
            return qs
        return qs.filter(archived_at=None, erased_at=None)


class CustomerFilterSet(SearchFilterSet):
    created_from = FromDayFilter("created_date", label=_("Created from"))
    created_to = ToDayFilter("created_date", label=_("Created to"))
    has_email = FilledFilter("email", label=_("Has an e-mail address"))
    tag = TagFilter(
        "tag", label=_("Tag"), suggestions=lambda: distinct_values(MemberTag, "tag")
    )
    consent = ConsentFilter(
        label=_("Consent to e-mail"),
        empty_label=_("Any"),
        choices=(
            ("yes", _("Agreed")),
            ("no", _("Declined")),
            ("none", _("Never asked")),
        ),
    )
    state = StateFilter(
        label=_("Show"),
        empty_label=_("Active customers"),
        choices=(
            ("archived", _("Archived customers")),
            ("erased", _("Erased customers")),
            ("all", _("All customers")),
        ),
    )

    def __init__(
        self, data: Any = None, queryset: Any = None, *, request: HttpRequest
    ) -> None:
        super().__init__(data, queryset, request=request)
        added = {name: make() for name, make in registry.customer_filters.items()}
        sensitive = request.user.has_perm("customers.view_sensitive")
        definitions = list(visible_definitions(sensitive=sensitive))
        if definitions:
            added["attribute"] = AttributeFilter(
                label=_("Attribute"), definitions=definitions
            )
        for name, made in added.items():
            made.parent, made.model = self, Customer
            self.filters[name] = made
