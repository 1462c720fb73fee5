"""Local times of a cron as instants, through the changes of summer time.

The rule, for every zone: each local slot happens once. A slot inside the hour that
the clocks skip happens at the first instant after the skip; a slot inside the hour
that comes twice happens the first time. Slots that fall on one instant are one.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from automations.cron import LONGEST_WAIT, Cron
from marketing_os.lib.zones import LocalTime, end_of_gap, place, wall_clock

_DAY = timedelta(days=1)


def slots(
    cron: Cron, zone: ZoneInfo, after: datetime, until: datetime | None = None
) -> Iterator[LocalTime]:
    """Yield the slots later than `after` up to and with `until`, in order.

    Without `until` it goes on for as long as the rarest date may take to come back.
    """
    last = until or after + LONGEST_WAIT
    previous: datetime | None = None
    # A later local time never happens earlier, so what stands at or before the
    # wall clock of `after` is over. That of `last` may be in an hour that comes
    # twice, so the end is told by the instant alone.
    end = local_date(last, zone) + _DAY
    for local in cron.local_slots(wall_clock(after, zone), end):
        slot = place(local, zone)
        if slot.at > last:
            return
        if slot.at > after and slot.at != previous:
            previous = slot.at
            yield slot


def next_slots(
    cron: Cron, zone: ZoneInfo, after: datetime, count: int
) -> list[LocalTime]:
    """Return the next times, fewer than `count` only where there are not so many."""
    return list(islice(slots(cron, zone, after), count))


def latest_slot(cron: Cron, zone: ZoneInfo, at: datetime) -> LocalTime | None:
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
            found.append(end_of_gap(start, end, zone))
        start = end
    return found


def moved_slot(cron: Cron, zone: ZoneInfo, after: datetime) -> LocalTime | None:
    """Return the next slot within a year that the clocks skip or repeat, if any."""
    for change in clock_changes(zone, after, 366):
        wall = wall_clock(change, zone)
        for local in cron.local_slots(wall - 2 * _DAY, wall.date() + _DAY):
            slot = place(local, zone)
            if slot.change and slot.at > after:
                return slot
    return None


def local_date(at: datetime, zone: ZoneInfo) -> date:
    """Return the date that calendars in the zone show at an instant."""
    return wall_clock(at, zone).date()
