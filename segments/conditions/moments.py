"""Days as each customer's own clock counts them.

A day begins at midnight in the customer's time zone, or the project's where none is
known. Most moments are far from any midnight that could count, so a condition first
compares with the earliest and the latest instant that midnight can be anywhere; only
what lies between the two asks for the customer's zone.
"""

import datetime as dt
from dataclasses import dataclass

from psycopg import sql
from psycopg.sql import Composable

CUSTOMER_ID = ("c", "id")

# Midnight of a day is at most this far from UTC's: zones lie up to 14 hours apart from
# it, and before there were zones every town up to 16.
_FARTHEST = dt.timedelta(hours=16)
# Days back by the clock are not always 24 hours long: summer time moves an hour or two,
# and islands that changed sides of the date line skipped a day, the last one in 2011.
_SUMMER_TIME = dt.timedelta(hours=2)
_DATE_LINE = dt.timedelta(hours=26)
_LAST_CHANGE_OF_SIDE = dt.datetime(2012, 1, 2, tzinfo=dt.UTC)
_LONGEST_DAY = dt.timedelta(hours=24)


@dataclass(frozen=True)
class Today:
    """The day it is for the customer, moved by so many days."""

    days: int = 0


Day = dt.date | Today


def next_day(day: Day) -> Day:
    if isinstance(day, Today):
        return Today(day.days + 1)
    return day + dt.timedelta(days=1)


@dataclass(frozen=True)
class Moment:
    """Where an instant stands that is compared with days.

    `owner` is the column with the ID of the customer whose day counts. Instants in JSON are texts in
    UTC of one form, so that their order is the order in time.
    """

    sql: Composable
    owner: tuple[str, str] = CUSTOMER_ID
    is_json: bool = False


@dataclass(frozen=True)
class Clock:
    """The instant of a look-up, and the zone of customers who have none."""

    now: dt.datetime
    zone: str

    @property
    def now_sql(self) -> sql.Composable:
        return _instant(self.now)

    def since_now(self, moment: Moment) -> sql.Composable:
        """Compare: the moment is now or later."""
        now = self._literal(self.now, moment)
        return sql.SQL("({} >= {})").format(moment.sql, now)

    def until_now(self, moment: Moment) -> sql.Composable:
        """Compare: the moment is now or earlier."""
        now = self._literal(self.now, moment)
        return sql.SQL("({} <= {})").format(moment.sql, now)

    def since(self, moment: Moment, day: Day) -> sql.Composable:
        """Compare: the moment is at or after the day's midnight."""
        form = (
            "({moment} >= {earliest} AND ({moment} >= {latest} OR {moment} >= {exact}))"
        )
        return self._compared(form, moment, day)

    def before(self, moment: Moment, day: Day) -> sql.Composable:
        """Compare: the moment is before the day's midnight."""
        form = "({moment} < {latest} AND ({moment} < {earliest} OR {moment} < {exact}))"
        return self._compared(form, moment, day)

    def _compared(self, form: str, moment: Moment, day: Day) -> sql.Composable:
        earliest, latest = self._midnights(day)
        exact = self._midnight(day, moment.owner)
        if moment.is_json:
            exact = sql.SQL(
                "to_jsonb(to_char({} AT TIME ZONE 'UTC',"
                ' \'YYYY-MM-DD"T"HH24:MI:SS"Z"\'))'
            ).format(exact)
        return sql.SQL(form).format(
            moment=moment.sql,
            earliest=self._literal(earliest, moment),
            latest=self._literal(latest, moment),
            exact=exact,
        )

    def _literal(self, at: dt.datetime, moment: Moment) -> sql.Composable:
        if not moment.is_json:
            return _instant(at)
        text = at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return sql.SQL("{}::jsonb").format(sql.Literal(f'"{text}"'))

    def possible_days(self, day: Day) -> list[dt.date]:
        """List the dates that the day can be, over all zones of the world."""
        if not isinstance(day, Today):
            return [day]
        first = (self.now - _FARTHEST).date() + dt.timedelta(days=day.days)
        last = (self.now + _FARTHEST).date() + dt.timedelta(days=day.days)
        return [
            first + dt.timedelta(days=more) for more in range((last - first).days + 1)
        ]

    def date_sql(
        self, day: Day, owner: tuple[str, str] = CUSTOMER_ID
    ) -> sql.Composable:
        """Return the day as a date of the customer's calendar."""
        if not isinstance(day, Today):
            return sql.SQL("{}::date").format(sql.Literal(day.isoformat()))
        return sql.SQL("customer_day({}, {}, {}, {})").format(
            sql.Identifier(*owner),
            self.now_sql,
            sql.Literal(day.days),
            sql.Literal(self.zone),
        )

    def _midnight(self, day: Day, owner: tuple[str, str]) -> sql.Composable:
        return sql.SQL("customer_midnight({}, {}, {})").format(
            sql.Identifier(*owner), self.date_sql(day, owner), sql.Literal(self.zone)
        )

    def _midnights(self, day: Day) -> tuple[dt.datetime, dt.datetime]:
        """Return the earliest and the latest instant that the midnight can be."""
        if not isinstance(day, Today):
            midnight = dt.datetime.combine(day, dt.time(), dt.UTC)
            return midnight - _FARTHEST, midnight + _FARTHEST
        moved = self.now + dt.timedelta(days=day.days)
        slack = _SUMMER_TIME if moved > _LAST_CHANGE_OF_SIDE else _DATE_LINE
        return moved - _LONGEST_DAY - slack, moved + slack


def _instant(moment: dt.datetime) -> sql.Composable:
    return sql.SQL("{}::timestamptz").format(sql.Literal(moment.isoformat()))
