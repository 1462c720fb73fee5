"""Made-up customers as the CSV files that a company would import."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Generic, TypeVar

from marketing_os.packs.content import Attribute
from marketing_os.packs.lives import Life

# What a file is imported into, the file, and what becomes of its columns.
File = tuple[str, io.BytesIO, Mapping[str, str]]
Rows = Iterator[list[Any]]
Thing = TypeVar("Thing")

_OPT_OUT = "Opted out of e-mail"


@dataclass(frozen=True)
class Sheet(Generic[Thing]):
    """A file: its columns, and the rows that each thing makes.

    `fields` become the fields of their names; `extra` says of the columns that follow
    what each becomes.
    """

    target: str
    fields: Sequence[str]
    rows: Callable[[Thing], Rows]
    extra: Mapping[str, str] = field(default_factory=dict)

    def file_of(self, things: Iterable[Thing]) -> File:
        """Write the rows of all things."""
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow((*self.fields, *self.extra))
        for thing in things:
            writer.writerows(
                [_cell(value) for value in row] for row in self.rows(thing)
            )
        mapping = {name: name for name in self.fields} | dict(self.extra)
        return self.target, io.BytesIO(text.getvalue().encode()), mapping


def customers(attributes: Iterable[Attribute]) -> Sheet[Life]:
    """Return the sheet of the customers themselves."""
    types = {one.name: one.field_type for one in attributes}

    def rows(life: Life) -> Rows:
        person = life.person
        yield [
            person.key,
            person.first_name,
            person.last_name,
            person.email,
            person.mobile,
            person.timezone,
            person.came_at,
            *(life.attributes.get(name) for name in types),
            life.has_unsubscribed,
        ]

    fields = ("first_name", "last_name", "email", "mobile", "timezone", "created_date")
    opt_out = {_OPT_OUT: "consent:email:inverted:only"}
    extra = _extra("attribute", types) | opt_out
    return Sheet("customers", ("lms_lead_id", *fields), rows, extra)


def activities(properties: Mapping[str, str]) -> Sheet[Life]:
    """Return the sheet of doings, whose properties have these types."""

    def rows(life: Life) -> Rows:
        key = life.person.key
        for end, doing in life.doings:
            told = (doing.properties.get(name) for name in properties)
            yield [key, doing.name, doing.at, doing.amount, f"{key}-{end}", *told]

    fields = ("lms_lead_id", "name", "occurred_at", "amount", "external_id")
    return Sheet("activities", fields, rows, _extra("property", properties))


def _event_rows(life: Life) -> Rows:
    key = life.person.key
    for end, move in life.moves:
        stages = (move.funnel_type, move.from_stage, move.to_stage)
        yield [key, *stages, move.at, f"{key}-{end}"]


def _tag_rows(life: Life) -> Rows:
    for tag in life.tags:
        yield [life.person.key, tag]


def _credit_rows(life: Life) -> Rows:
    key = life.person.key
    for number, (amount, reason) in enumerate(life.credits, 1):
        yield [key, amount, reason, f"{key}-c{number}"]


_STAGES = ("funnel_type", "from_stage", "to_stage")
EVENTS = Sheet(
    "funnel_events",
    ("lms_lead_id", *_STAGES, "created_date", "external_id"),
    _event_rows,
)
TAGS = Sheet("tags", ("lms_lead_id", "tag"), _tag_rows)
CREDITS = Sheet(
    "credits", ("lms_lead_id", "amount", "reason", "external_id"), _credit_rows
)


def _extra(kind: str, types: Mapping[str, str]) -> dict[str, str]:
    return {name: f"{kind}:{name}:{type_}" for name, type_ in types.items()}


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
