"""Local times of a cron as instants, through the changes of summer time.

The rule, for every zone: each local slot happens once. A slot inside the hour that
the clocks skip happens at the first instant after the skip; a slot inside the hour
that comes twice happens the first time. Slots that fall on one instant are one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import islice
from typing import Literal
from zoneinfo import ZoneInfo, available_timezones

from django.utils.translation import gettext as _

from automations.cron import LONGEST_WAIT, Cron
from marketing_os.lib.errors import DomainError

Change = Literal["", "skipped", "repeated"]
_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


class UnknownZoneError(DomainError):
    """The name is not one of a time zone."""


@dataclass(frozen=True)
class Slot:
    """One time at which a cron fires.

    `local` is the time as written in the cron, without zone; `change` says whether
    the clocks skip or repeat it that day, which moves `at` as the module's rule says.
    """

    at: datetime
    local: datetime
    change: Change = ""


@lru_cache(maxsize=1)
def zone_names() -> tuple[str, ...]:
    """Name the time zones that may be chosen, UTC first."""
    names = {
        name
        for name in available_timezones()
        if name.split("/")[0] not in {"posix", "right"}
        and name not in {"localtime", "Factory", "posixrules"}
    }
    return ("UTC", *sorted(names - {"UTC"}))


def read_zone(name: str) -> ZoneInfo:
    """Return the zone of this name; raise UnknownZoneError where there is none."""
    if name not in zone_names():
        raise UnknownZoneError(
            _("“%(name)s” is not a known time zone. Choose one such as Europe/Berlin.")
            % {"name": name}
        )
    return ZoneInfo(name)


def place(local: datetime, zone: ZoneInfo) -> Slot:
    """Turn a local time into the instant at which it happens."""
    first = _instant(local, zone, fold=0)
    second = _instant(local, zone, fold=1)
    if first == second:
        return Slot(first, local)
    if _wall(first, zone) == local:
        return Slot(first, local, "repeated")
    return Slot(_end_of_gap(second, first, zone), local, "skipped")


def slots(
    cron: Cron, zone: ZoneInfo, after: datetime, until: datetime | None = None
) -> Iterator[Slot]:
    """Yield the slots later than `after` up to and with `until`, in order.

    Without `until` it goes on for as long as the rarest date may take to come back.
    """
    last = until or after + LONGEST_WAIT
    previous: datetime | None = None
    # A later local time never happens earlier, so what stands at or before the
    # wall clock of `after` is over. That of `last` may be in an hour that comes
    # twice, so the end is told by the instant alone.
    end = local_date(last, zone) + _DAY
    for local in cron.local_slots(_wall(after, zone), end):
        slot = place(local, zone)
        if slot.at > last:
            return
        if slot.at > after and slot.at != previous:
            previous = slot.at
            yield slot


def next_slots(cron: Cron, zone: ZoneInfo, after: datetime, count: int) -> list[Slot]:
    """Return the next times, fewer than `count` only where there are not so many."""
    return list(islice(slots(cron, zone, after), count))


def latest_slot(cron: Cron, zone: ZoneInfo, at: datetime) -> Slot | None:
    """Return the last slot at or before an instant, or None in the past 41 years."""
    for days in (2, 40, 400, LONGEST_WAIT.days):
        found = None
        for slot in slots(cron, zone, at - timedelta(days=days), at):
            found = slot
        if found:
            return found
    return None


def clock_changes(zone: ZoneInfo, after: datetime, days: int) -> list[datetime]:
    """Return the instants within so many days at which the zone's offset changes."""
    found = []
    start = after
    for _number in range(days):
        end = start + _DAY
        if start.astimezone(zone).utcoffset() != end.astimezone(zone).utcoffset():
            found.append(_end_of_gap(start, end, zone))
        start = end
    return found


def moved_slot(cron: Cron, zone: ZoneInfo, after: datetime) -> Slot | None:
    """Return the next slot within a year that the clocks skip or repeat, if any."""
    for change in clock_changes(zone, after, 366):
        wall = _wall(change, zone)
        for local in cron.local_slots(wall - 2 * _DAY, wall.date() + _DAY):
            slot = place(local, zone)
            if slot.change and slot.at > after:
                return slot
    return None


def local_date(at: datetime, zone: ZoneInfo) -> date:
    """Return the date that calendars in the zone show at an instant."""
    return _wall(at, zone).date()


def _instant(local: datetime, zone: ZoneInfo, *, fold: Literal[0, 1]) -> datetime:
    return local.replace(tzinfo=zone, fold=fold).astimezone(UTC)


def _wall(at: datetime, zone: ZoneInfo) -> datetime:
    return at.astimezone(zone).replace(tzinfo=None, fold=0)


def _end_of_gap(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """Find the instant, to the second, from which the offset is that of `after`."""
    offset = after.astimezone(zone).utcoffset()
    before, after = before.replace(microsecond=0), after.replace(microsecond=0)
    while after - before > _SECOND:
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == offset:
            after = middle
        else:
            before = middle
    return after
