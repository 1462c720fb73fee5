"""The made-up members as the CSV files that the club's software would write."""

import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.conf import settings

from marketing_os.packs.content import Attribute
from marketing_os.packs.sheets import (
    ACTIVITY_FIELDS,
    CREDIT_FIELDS,
    CUSTOMER_FIELDS,
    EVENT_FIELDS,
    OPT_OUT,
    OPT_OUT_MAPPING,
    TAG_FIELDS,
    mapped,
    mapped_extra,
    write_csv,
)
from marketing_os.packs.training_club.members import Member

_PROPERTIES = {
    "class": "string",
    "minutes": "numeric",
    "level": "string",
    "item": "string",
}


ATTRIBUTES = (
    Attribute(settings.MEMBERSHIP_LEVEL_ATTRIBUTE, "string", "Membership level"),
    Attribute(settings.MEMBERSHIP_STATUS_ATTRIBUTE, "string", "Membership status"),
    Attribute(settings.MEMBERSHIP_EXPIRY_ATTRIBUTE, "date", "Membership ends"),
    Attribute(settings.JOIN_DATE_ATTRIBUTE, "date", "Joined"),
    Attribute(settings.BIRTH_DATE_ATTRIBUTE, "date", "Born"),
    Attribute(settings.PRIMARY_TRAINER_ATTRIBUTE, "string", "Trainer (user name)"),
    Attribute("trainer_name", "string", "Trainer"),
    Attribute("membership_term", "string", "Term"),
    Attribute("monthly_price", "numeric", "Price a month"),
    Attribute("favourite_class", "string", "Favourite class"),
    Attribute("training_goal", "string", "Wants to"),
    Attribute("uses_app", "boolean", "Uses the app"),
)


def files_of(
    members: Sequence[Member],
) -> Iterator[tuple[str, io.BytesIO, Mapping[str, str]]]:
    """Yield what is to be imported into what: target, file, mapping."""
    types = {one.name: one.field_type for one in ATTRIBUTES}

    def customer_rows(member: Member) -> Iterator[list[Any]]:
        person = member.person
        yield [
            person.key,
            person.first_name,
            person.last_name,
            person.email,
            person.mobile,
            person.timezone,
            person.came_at,
            *(member.attributes.get(name) for name in types),
            member.has_unsubscribed,
        ]

    yield (
        "customers",
        write_csv((*CUSTOMER_FIELDS, *types, OPT_OUT), members, customer_rows),
        mapped(CUSTOMER_FIELDS) | mapped_extra("attribute", types) | OPT_OUT_MAPPING,
    )
    for target, fields, rows, extra in (
        ("funnel_events", EVENT_FIELDS, _event_rows, {}),
        ("activities", ACTIVITY_FIELDS, _activity_rows, _PROPERTIES),
        ("tags", TAG_FIELDS, _tag_rows, {}),
        ("credits", CREDIT_FIELDS, _credit_rows, {}),
    ):
        mapping = mapped(fields) | mapped_extra("property", extra)
        yield target, write_csv((*fields, *extra), members, rows), mapping


def _event_rows(member: Member) -> Iterator[list[Any]]:
    key = member.person.key
    for move in member.moves:
        yield [
            key,
            move.funnel_type,
            move.from_stage,
            move.to_stage,
            move.at,
            f"{key}-{move.funnel_type}-{move.to_stage}",
        ]


def _activity_rows(member: Member) -> Iterator[list[Any]]:
    key = member.person.key
    for number, doing in member.doings:
        yield [
            key,
            doing.name,
            doing.at,
            doing.amount,
            f"{key}-a{number}",
            *(doing.properties.get(name) for name in _PROPERTIES),
        ]


def _tag_rows(member: Member) -> Iterator[list[Any]]:
    for tag in member.tags:
        yield [member.person.key, tag]


def _credit_rows(member: Member) -> Iterator[list[Any]]:
    for number, (amount, reason) in enumerate(member.credits, 1):
        yield [member.person.key, amount, reason, f"{member.person.key}-c{number}"]
