"""The made-up leads as the CSV files that a company would import."""

import io
from collections.abc import Iterable, Iterator
from typing import Any

from marketing_os.packs.content import Attribute
from marketing_os.packs.next_campus.leads import Lead
from marketing_os.packs.sheets import (
    ACTIVITY_FIELDS,
    CUSTOMER_FIELDS,
    EVENT_FIELDS,
    OPT_OUT,
    OPT_OUT_MAPPING,
    TAG_FIELDS,
    mapped,
    mapped_extra,
    write_csv,
)

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
ATTRIBUTES = tuple(Attribute(name, kind) for name, kind in _TYPES.items())
CUSTOMER_MAPPING = (
    mapped(CUSTOMER_FIELDS) | mapped_extra("attribute", _TYPES) | OPT_OUT_MAPPING
)
EVENT_MAPPING = mapped(EVENT_FIELDS)
ACTIVITY_MAPPING = mapped(ACTIVITY_FIELDS) | mapped_extra("property", _PROPERTIES)
TAG_MAPPING = mapped(TAG_FIELDS)


def customers_csv(leads: Iterable[Lead]) -> io.BytesIO:
    return write_csv((*CUSTOMER_FIELDS, *_TYPES, OPT_OUT), leads, _customer_rows)


def events_csv(leads: Iterable[Lead]) -> io.BytesIO:
    return write_csv(EVENT_FIELDS, leads, _event_rows)


def activities_csv(leads: Iterable[Lead]) -> io.BytesIO:
    return write_csv((*ACTIVITY_FIELDS, *_PROPERTIES), leads, _activity_rows)


def tags_csv(leads: Iterable[Lead]) -> io.BytesIO:
    return write_csv(TAG_FIELDS, leads, _tag_rows)


def _customer_rows(lead: Lead) -> Iterator[list[Any]]:
    person = lead.person
    yield [
        person.key,
        person.first_name,
        person.last_name,
        person.email,
        person.mobile,
        person.timezone,
        person.came_at,
        *(lead.attributes.get(name) for name in _TYPES),
        lead.unsubscribed_at is not None,
    ]


def _event_rows(lead: Lead) -> Iterator[list[Any]]:
    lead_id = lead.person.key
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
    lead_id = lead.person.key
    for number, doing in lead.doings:
        yield [
            lead_id,
            doing.name,
            doing.at,
            doing.amount,
            f"{lead_id}-a{number}",
            *(doing.properties.get(name) for name in _PROPERTIES),
        ]


def _tag_rows(lead: Lead) -> Iterator[list[Any]]:
    for tag in lead.tags:
        yield [lead.person.key, tag]
