"""The made-up group as the CSV files that its booking system would write."""

import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from marketing_os.packs.content import Attribute
from marketing_os.packs.membership_group.catalogue import (
    CIRCLES,
    FIRST_STEPS,
    MONTHLY_PRICE,
    Circle,
)
from marketing_os.packs.membership_group.members import Member
from marketing_os.packs.people import HISTORY
from marketing_os.packs.sheets import (
    ACTIVITY_FIELDS,
    CUSTOMER_FIELDS,
    EVENT_FIELDS,
    OPT_OUT,
    OPT_OUT_MAPPING,
    mapped,
    mapped_extra,
    write_csv,
)

ATTRIBUTES = (
    Attribute("username", "string", "User name"),
    Attribute("age", "numeric", "Age"),
    Attribute("gender", "string", "Gender"),
    Attribute("device", "string", "Device"),
    Attribute(
        "mental_health_challenge",
        "string",
        "Would like to talk about",
        is_sensitive=True,
    ),
    Attribute("paying_member", "boolean", "Paying member"),
    Attribute("qualified_for_leader", "boolean", "Qualified as leader"),
)
_TYPES = {one.name: one.field_type for one in ATTRIBUTES}
_GROUP_FIELDS = ("name", "description")
_SESSION_FIELDS = ("group", "starts_at", "minutes", "is_paid", "external_id")
_BOOKING_FIELDS = ("lms_lead_id", "session", "attended", "booked_at")
_MINUTES = 60
_AHEAD = timedelta(days=22)

File = tuple[str, io.BytesIO, Mapping[str, str]]


def files_of(members: Sequence[Member], now: datetime) -> Iterator[File]:
    """Yield what is to be imported into what: target, file, mapping."""
    circles = (FIRST_STEPS, *CIRCLES)
    begin, end = (now - HISTORY).date(), (now + _AHEAD).date()

    def session_rows(circle: Circle) -> Iterator[list[Any]]:
        for at in circle.meetings(begin, end):
            key = circle.session_key(at)
            yield [circle.name, at, _MINUTES, circle.is_paid, key]

    yield (
        "customers",
        write_csv((*CUSTOMER_FIELDS, *_TYPES, OPT_OUT), members, _customer_rows),
        mapped(CUSTOMER_FIELDS) | mapped_extra("attribute", _TYPES) | OPT_OUT_MAPPING,
    )
    yield (
        "groups",
        write_csv(_GROUP_FIELDS, circles, _group_rows),
        mapped(_GROUP_FIELDS),
    )
    yield (
        "sessions",
        write_csv(_SESSION_FIELDS, circles, session_rows),
        mapped(_SESSION_FIELDS),
    )
    for target, fields, rows in (
        ("bookings", _BOOKING_FIELDS, _booking_rows),
        ("funnel_events", EVENT_FIELDS, _event_rows),
        ("activities", ACTIVITY_FIELDS, _payment_rows),
    ):
        yield target, write_csv(fields, members, rows), mapped(fields)


def _customer_rows(member: Member) -> Iterator[list[Any]]:
    person = member.person
    yield [
        person.key,
        person.first_name,
        person.last_name,
        person.email,
        person.mobile,
        person.timezone,
        person.came_at,
        *(member.attributes[name] for name in _TYPES),
        member.has_unsubscribed,
    ]


def _group_rows(circle: Circle) -> Iterator[list[Any]]:
    yield [circle.name, circle.description]


def _booking_rows(member: Member) -> Iterator[list[Any]]:
    for place in member.way.places:
        session = place.circle.session_key(place.at)
        yield [member.person.key, session, place.attended, place.booked_at]


def _event_rows(member: Member) -> Iterator[list[Any]]:
    key = member.person.key
    for name, at in member.way.conversions.items():
        yield [key, "conversion", "", name, at, f"{key}-{name}"]


def _payment_rows(member: Member) -> Iterator[list[Any]]:
    key = member.person.key
    for number, at in enumerate(member.way.payments, 1):
        yield [key, "payment", at, MONTHLY_PRICE, f"{key}-p{number}"]
