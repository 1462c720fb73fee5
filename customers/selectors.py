"""What the pages about customers read."""

import datetime
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db.models import (
    F,
    Func,
    JSONField,
    Q,
    QuerySet,
    Sum,
    TextField,
    Value,
    Window,
)
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models import (
    AttributeDefinition,
    Consent,
    CreditEntry,
    Customer,
    CustomerAttributeDates,
    MemberTag,
)
from marketing_os.lib.registry import TimelineEntry, registry

FieldType = AttributeDefinition.FieldType
_FEW = 1_000


@dataclass(frozen=True)
class AttributeRow:
    """One attribute of a customer, as their page shows it."""

    definition: AttributeDefinition
    value: Any
    created: datetime.datetime | None
    updated: datetime.datetime | None


@dataclass(frozen=True)
class AttributeCondition:
    """One comparison of an attribute with a value of its type."""

    definition: AttributeDefinition
    operator: str
    value: Any = None


def search_customers(customers: QuerySet[Customer], text: str) -> QuerySet[Customer]:
    """Keep the customers whose words, or whose lead ID, begin with `text`."""
    few = _few_found(text)
    if few is None:
        return customers.search(text)  # type: ignore[attr-defined, no-any-return]
    return customers.filter(pk__in=few)


def search_rows(rows: QuerySet[Any], text: str) -> QuerySet[Any]:
    """Keep the rows whose customer's words, or lead ID, begin with `text`."""
    if not text.strip():
        return rows
    found = _few_found(text)
    if found is None:
        found = Customer.objects.search(text).values("pk")  # type: ignore[attr-defined]
    return rows.filter(customer_id__in=found)


def _few_found(text: str) -> Any:
    """Return the ids of the customers found, or None when there are many, or no text.

    The planner expects of a word that it never saw that many have it, and would walk
    through everybody for the newest of them. So few are looked up before, and only a
    word of many is left to it.
    """
    if not text.strip():
        return None
    found = Customer.objects.search(text).order_by().values_list("pk", flat=True)  # type: ignore[attr-defined]
    ids = list(found[: _FEW + 1])
    return ids if len(ids) <= _FEW else None


def visible_definitions(*, sensitive: bool) -> QuerySet[AttributeDefinition]:
    """Return the attributes that somebody with or without the permission may see."""
    definitions = AttributeDefinition.objects.all()
    return definitions if sensitive else definitions.filter(sensitive=False)


def attribute_rows(customer: Customer, *, sensitive: bool) -> list[AttributeRow]:
    """List a customer's attributes by name, with the times they came and changed."""
    dates = (
        CustomerAttributeDates.objects.filter(customer_id=customer.pk)
        .values_list("dates", flat=True)
        .first()
    ) or {}
    return [
        AttributeRow(
            definition,
            _readable(customer.attributes[definition.name], definition.field_type),
            # What came together with the customer stands once, under no name.
            *_moments(dates.get(definition.name) or dates.get("")),
        )
        for definition in visible_definitions(sensitive=sensitive)
        if definition.name in customer.attributes
    ]


def _moments(
    seconds: Any,
) -> tuple[datetime.datetime | None, datetime.datetime | None]:
    try:
        created, updated = seconds
        return (
            datetime.datetime.fromtimestamp(created, datetime.UTC),
            datetime.datetime.fromtimestamp(updated, datetime.UTC),
        )
    except (TypeError, ValueError, OverflowError):
        return None, None


def _readable(value: Any, field_type: str) -> Any:
    """Turn the stored text of a date or a time into one that templates can format."""
    try:
        if field_type == FieldType.DATE:
            return datetime.date.fromisoformat(value)
        if field_type == FieldType.TIMESTAMP:
            return timezone.localtime(datetime.datetime.fromisoformat(value))
    except (TypeError, ValueError):
        return value
    return value


def with_attribute(
    customers: QuerySet[Customer], condition: AttributeCondition
) -> QuerySet[Customer]:
    """Keep the customers whose attribute compares as asked.

    jsonb is compared with jsonb and the type is tested beside, so that one value of
    an unexpected type neither fails the query nor matches.
    """
    name = condition.definition.name
    if condition.operator == "known":
        return customers.filter(attributes__has_key=name)
    if condition.operator == "unknown":
        return customers.exclude(attributes__has_key=name)
    if condition.operator in ("contains", "starts"):
        return _with_text(customers, condition)
    stored = Func(
        F("attributes"),
        Value(name),
        arg_joiner=" -> ",
        template="(%(expressions)s)",
        output_field=JSONField(),
    )
    kind = Func(stored, function="jsonb_typeof", output_field=TextField())
    return (
        customers.alias(attribute=stored, attribute_type=kind)
        .filter(attribute_type=_json_type(condition.value))
        .filter(_comparison(condition))
    )


def _with_text(
    customers: QuerySet[Customer], condition: AttributeCondition
) -> QuerySet[Customer]:
    name = condition.definition.name
    if condition.definition.field_type == FieldType.ARRAY:
        return customers.filter(attributes__contains={name: [condition.value]})
    stored = Func(
        F("attributes"),
        Value(name),
        arg_joiner=" ->> ",
        template="(%(expressions)s)",
        output_field=TextField(),
    )
    lookup = "icontains" if condition.operator == "contains" else "istartswith"
    return customers.alias(attribute=stored).filter(
        **{f"attribute__{lookup}": condition.value}
    )


def _json_type(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    return "string" if isinstance(value, str) else "number"


def _comparison(condition: AttributeCondition) -> Q:
    lookup = {"is": "exact", "more": "gte", "less": "lte"}[condition.operator]
    return Q(**{f"attribute__{lookup}": condition.value})


def consent_by_channel(customer: Customer) -> list[Consent]:
    """Return the decision that counts for each channel and topic: the last."""
    return list(Consent.objects.filter(customer=customer).deciding())


def credit_balance(customer: Customer) -> Any:
    """Return the sum of a customer's credit entries, or None without any."""
    return CreditEntry.objects.filter(customer=customer).aggregate(
        balance=Sum("amount")
    )["balance"]


def credit_ledger(customer: Customer) -> QuerySet[CreditEntry]:
    """Return a customer's credit entries, the newest first, each with its `balance`."""
    running = Window(Sum("amount"), order_by=F("id").asc())
    entries = CreditEntry.objects.filter(customer=customer)
    return entries.annotate(balance=running).select_related("booked_by").order_by("-id")


def registered_facts(customer_ids: list[int]) -> dict[int, dict[str, Any]]:
    """Return what upper apps say about each customer: one query per column."""
    facts: dict[int, dict[str, Any]] = {pk: {} for pk in customer_ids}
    for column in registry.customer_columns:
        for pk, value in column.values(customer_ids).items():
            facts[pk][column.name] = value
    return facts


def timeline(customer: Customer, limit: int) -> tuple[list[TimelineEntry], bool]:
    """Merge every source's entries, newest first; also tell whether there are more."""
    entries: list[TimelineEntry] = []
    for source in (_own_entries, *registry.timeline_sources):
        entries.extend(islice(source(customer, limit + 1), limit + 1))
    entries.sort(key=lambda entry: entry.at, reverse=True)
    return entries[:limit], len(entries) > limit


def _own_entries(customer: Customer, limit: int) -> Iterable[TimelineEntry]:
    yield TimelineEntry(customer.created_date, "person_add", str(_("Became known")))
    yield from _consent_entries(customer, limit)
    for tag in MemberTag.objects.filter(customer=customer).order_by("-id")[:limit]:
        yield TimelineEntry(
            tag.assigned_at, "sell", str(_("Tagged “%(tag)s”") % {"tag": tag.tag})
        )


def _consent_entries(customer: Customer, limit: int) -> Iterator[TimelineEntry]:
    for consent in Consent.objects.filter(customer=customer).last_first()[:limit]:
        title = _("Agreed to %(what)s") if consent.granted else _("Declined %(what)s")
        what = " · ".join(filter(None, (consent.channel, consent.topic)))
        yield TimelineEntry(
            consent.occurred_at,
            "mark_email_read" if consent.granted else "unsubscribe",
            str(title % {"what": what}),
            consent.source,
        )
