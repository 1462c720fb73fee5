"""The made-up group as the CSV files that its booking system would write."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from marketing_os.packs.content import Attribute
from marketing_os.packs.membership_group.catalogue import (
    CIRCLES,
    FIRST_STEPS,
    Circle,
)
from marketing_os.packs.membership_group.members import Member, make_members
from marketing_os.packs.pack import History
from marketing_os.packs.people import HISTORY
from marketing_os.packs.sheets import (
    EVENTS,
    File,
    Rows,
    Sheet,
    activities,
    customers,
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
_MINUTES = 60
_AHEAD = timedelta(days=22)


def history(now: datetime) -> History:
    """Make up the members with what they did until `now`, and the sessions to come."""
    return History(files_of(list(make_members(now)), now))


def files_of(members: Sequence[Member], now: datetime) -> Iterator[File]:
    """Yield the files, each after those that it names things of."""
    circles = (FIRST_STEPS, *CIRCLES)
    yield customers(ATTRIBUTES).file_of(members)
    yield _GROUPS.file_of(circles)
    yield _sessions(now).file_of(circles)
    yield _BOOKINGS.file_of(members)
    yield EVENTS.file_of(members)
    yield activities({}).file_of(members)


def _sessions(now: datetime) -> Sheet[Circle]:
    begin, end = (now - HISTORY).date(), (now + _AHEAD).date()

    def rows(circle: Circle) -> Rows:
        for at in circle.meetings(begin, end):
            key = circle.session_key(at)
            yield [circle.name, at, _MINUTES, circle.is_paid, key]

    fields = ("group", "starts_at", "minutes", "is_paid", "external_id")
    return Sheet("sessions", fields, rows)


def _group_rows(circle: Circle) -> Rows:
    yield [circle.name, circle.description]


def _booking_rows(member: Member) -> Rows:
    for place in member.way.places:
        session = place.circle.session_key(place.at)
        yield [member.person.key, session, place.attended, place.booked_at]


_GROUPS = Sheet("groups", ("name", "description"), _group_rows)
_BOOKINGS = Sheet(
    "bookings", ("lms_lead_id", "session", "attended", "booked_at"), _booking_rows
)
