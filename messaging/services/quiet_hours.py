"""When marketing rests, by the clocks where the customer is."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from marketing_os.lib.zones import place, wall_clock
from messaging.models import SendingHours

_DAY = timedelta(days=1)


def end_of_quiet(hours: SendingHours, zone: ZoneInfo, at: datetime) -> datetime | None:
    """Return when the quiet hours end that an instant lies in, or None.

    They last from one instant to another, both found by the clocks of that day, so a
    change of summer time makes them an hour longer or shorter and never begins them
    anew.
    """
    if not hours.is_quiet:
        return None
    today = wall_clock(at, zone).date()
    lasts_over_midnight = hours.quiet_until < hours.quiet_from
    for day in (today - _DAY, today):
        last_day = day + _DAY if lasts_over_midnight else day
        begin = place(datetime.combine(day, hours.quiet_from), zone).at
        end = place(datetime.combine(last_day, hours.quiet_until), zone).at
        if begin <= at < end:
            return end
    return None
