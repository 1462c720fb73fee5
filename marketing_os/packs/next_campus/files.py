"""The made-up leads as the CSV files that a company would import."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from marketing_os.packs.next_campus.leads import Lead

_TYPES = {
    "course": "string",
    "study_level": "string",
    "study_mode": "string",
    "country": "string",
    "city": "string",
    "lead_source": "string",
    "lost_reason": "string",
    "budget": "numeric",
    "lead_score": "numeric",
    "birth_date": "date",
    "intake_date": "date",
    "last_contacted": "timestamp",
    "newsletter": "boolean",
    "scholarship": "boolean",
    "interests": "array",
}
_PROPERTIES = {
    "path": "string",
    "seconds": "numeric",
    "form": "string",
    "course": "string",
    "webinar": "string",
    "minutes": "numeric",
    "for": "string",
    "instalment": "numeric",
}
OPT_OUT = "Opted out of e-mail"
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

CUSTOMER_MAPPING = (
    {name: name for name in CUSTOMER_FIELDS}
    | {name: f"attribute:{name}:{kind}" for name, kind in _TYPES.items()}
    | {OPT_OUT: "consent:email:inverted:only"}
)
EVENT_MAPPING = {name: name for name in EVENT_FIELDS}
ACTIVITY_MAPPING = {name: name for name in ACTIVITY_FIELDS} | {
    name: f"property:{name}:{kind}" for name, kind in _PROPERTIES.items()
}


def customers_csv(leads: Iterable[Lead]) -> io.BytesIO:
    return _write((*CUSTOMER_FIELDS, *_TYPES, OPT_OUT), leads, _customer_rows)


def events_csv(leads: Iterable[Lead]) -> io.BytesIO:
    return _write(EVENT_FIELDS, leads, _event_rows)


def activities_csv(leads: Iterable[Lead]) -> io.BytesIO:
    return _write((*ACTIVITY_FIELDS, *_PROPERTIES), leads, _activity_rows)


def _write(
    header: Sequence[str],
    leads: Iterable[Lead],
    rows: Callable[[Lead], Iterator[list[Any]]],
) -> io.BytesIO:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(header)
    for lead in leads:
        writer.writerows([_cell(value) for value in row] for row in rows(lead))
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


def _customer_rows(lead: Lead) -> Iterator[list[Any]]:
    person = lead.person
    yield [
        person.lms_lead_id,
        person.first_name,
        person.last_name,
        person.email,
        person.mobile,
        person.timezone,
        person.asked_at,
        *(lead.attributes.get(name) for name in _TYPES),
        lead.unsubscribed_at is not None,
    ]


def _event_rows(lead: Lead) -> Iterator[list[Any]]:
    lead_id = lead.person.lms_lead_id
    for number, move in lead.moves:
        yield [
            lead_id,
            move.funnel_type,
            move.from_stage,
            move.to_stage,
            move.at,
            f"{lead_id}-m{number}",
        ]


def _activity_rows(lead: Lead) -> Iterator[list[Any]]:
    lead_id = lead.person.lms_lead_id
    for number, doing in lead.doings:
        yield [
            lead_id,
            doing.name,
            doing.at,
            doing.amount,
            f"{lead_id}-a{number}",
            *(doing.properties.get(name) for name in _PROPERTIES),
        ]
