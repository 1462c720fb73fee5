"""Made-up customers as the CSV files that a company would import."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

Thing = TypeVar("Thing")

CUSTOMER_FIELDS = (
    "lms_lead_id",
    "first_name",
    "last_name",
    "email",
    "mobile",
    "timezone",
    "created_date",
)
EVENT_FIELDS = (
    "lms_lead_id",
    "funnel_type",
    "from_stage",
    "to_stage",
    "created_date",
    "external_id",
)
ACTIVITY_FIELDS = ("lms_lead_id", "name", "occurred_at", "amount", "external_id")
TAG_FIELDS = ("lms_lead_id", "tag")
CREDIT_FIELDS = ("lms_lead_id", "amount", "reason", "external_id")
OPT_OUT = "Opted out of e-mail"
OPT_OUT_MAPPING = {OPT_OUT: "consent:email:inverted:only"}


def mapped(names: Iterable[str]) -> dict[str, str]:
    """Say of columns that each becomes the field of its name."""
    return {name: name for name in names}


def mapped_extra(kind: str, types: Mapping[str, str]) -> dict[str, str]:
    """Say of columns {name: type} that each becomes an “attribute” or a “property”."""
    return {name: f"{kind}:{name}:{type_}" for name, type_ in types.items()}


def write_csv(
    header: Sequence[str],
    things: Iterable[Thing],
    rows: Callable[[Thing], Iterator[list[Any]]],
) -> io.BytesIO:
    """Write a CSV file of the rows that each thing makes."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(header)
    for thing in things:
        writer.writerows([_cell(value) for value in row] for row in rows(thing))
    return io.BytesIO(text.getvalue().encode())


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, list):
        return "; ".join(value)
    return str(value)
