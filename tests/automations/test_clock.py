from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from automations.clock import (
    clock_changes,
    latest_slot,
    moved_slot,
    next_slots,
    slots,
)
from automations.cron import parse_cron
from marketing_os.lib.zones import UnknownZoneError, read_zone

MINUTE = timedelta(minutes=1)
ZONES = [
    "UTC",
    "Europe/Berlin",
    "Europe/London",
    "America/New_York",
    "America/St_Johns",
    "America/Havana",
    "America/Santiago",
    "Africa/Cairo",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Auckland",
]
CRONS = [
    "30 0 * * *",
    "30 1 * * *",
    "30 2 * * *",
    "0 3 * * *",
    "0 0 * * *",
    "* * * * *",
    "*/20 * * * *",
    "15 * * * *",
    "10,50 0-3 * * *",
    "0 9 * * mon-fri",
    "45 23 * * 0,6",
    "5 2 29 3 *",
]


def naive_slots(cron, zone, after, until):
    """Walk every minute; the slots of a skipped hour are due when it is over."""
    found, seen = [], set()
    at = after - timedelta(days=2)
    previous = at.astimezone(zone).replace(tzinfo=None)
    while at < until:
        at += MINUTE
        wall = at.astimezone(zone).replace(tzinfo=None)
        passed = [wall]
        skipped = previous + MINUTE
        while skipped < wall:
            passed.append(skipped)
            skipped += MINUTE
        is_due = [fires(cron, minute) and minute not in seen for minute in passed]
        seen.update(passed)
        previous = wall
        if any(is_due) and after < at <= until:
            found.append(at)
    return found


def fires(cron, wall):
    return (
        wall.minute in cron.minutes
        and wall.hour in cron.hours
        and wall.day in cron.days
        and wall.month in cron.months
        and (wall.weekday() + 1) % 7 in cron.weekdays
    )


def windows(zone):
    """Three days about each change of the clocks in a year, and some quiet ones."""
    changes = clock_changes(zone, datetime(2026, 1, 1, tzinfo=UTC), 365)
    quiet = datetime(2026, 7, 7, 7, 7, tzinfo=UTC)
    for middle in (*changes, quiet):
        yield middle - timedelta(hours=36), middle + timedelta(hours=36)


@pytest.mark.parametrize("name", ZONES)
def test_slots_are_those_of_a_walk_through_every_minute(name):
    zone = ZoneInfo(name)
    for after, until in windows(zone):
        for text in CRONS:
            cron = parse_cron(text)
            mine = [slot.at for slot in slots(cron, zone, after, until)]

            assert mine == naive_slots(cron, zone, after, until), (text, after)


@pytest.mark.parametrize("name", ZONES)
def test_ticks_of_any_length_give_each_slot_exactly_once(name):
    zone = ZoneInfo(name)
    for after, until in windows(zone):
        for text in CRONS:
            cron = parse_cron(text)
            whole = [slot.at for slot in slots(cron, zone, after, until)]
            pieces, at, number = [], after, 0
            while at < until:
                number += 1
                step = timedelta(seconds=20 + 977 * (number % 9))
                end = min(at + step, until)
                pieces += [slot.at for slot in slots(cron, zone, at, end)]
                at = end

            assert pieces == whole, text


def test_a_skipped_time_happens_right_after_the_skip():
    berlin, before = ZoneInfo("Europe/Berlin"), datetime(2026, 3, 28, 12, tzinfo=UTC)

    slot = next_slots(parse_cron("30 2 * * *"), berlin, before, 1)[0]

    assert slot.at == datetime(2026, 3, 29, 1, tzinfo=UTC)  # 03:00 in Berlin
    assert slot.change == "skipped"


def test_a_repeated_time_happens_the_first_time():
    berlin, before = ZoneInfo("Europe/Berlin"), datetime(2026, 10, 24, 12, tzinfo=UTC)

    first, second = next_slots(parse_cron("30 2 * * *"), berlin, before, 2)

    assert first.at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert first.change == "repeated"
    assert second.at == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)


def test_a_day_that_a_zone_left_out_is_made_up_for_at_its_end():
    apia, before = ZoneInfo("Pacific/Apia"), datetime(2011, 12, 30, tzinfo=UTC)

    found = next_slots(parse_cron("0 9 * * *"), apia, before, 3)

    assert [f"{slot.local:%d}" for slot in found] == ["30", "31", "01"]
    assert found[0].at == datetime(2011, 12, 30, 10, tzinfo=UTC)


def test_day_of_month_and_weekday_must_both_hold():
    after = datetime(2026, 1, 1, tzinfo=UTC)

    found = next_slots(parse_cron("0 9 13 * 5"), ZoneInfo("UTC"), after, 2)

    assert [f"{slot.at:%F}" for slot in found] == ["2026-02-13", "2026-03-13"]


def test_the_rarest_date_is_found():
    after = datetime(2072, 3, 1, tzinfo=UTC)

    found = next_slots(parse_cron("0 9 29 2 1"), ZoneInfo("UTC"), after, 1)

    assert f"{found[0].at:%F %a}" == "2112-02-29 Mon"


def test_the_next_time_that_the_clocks_move_is_foretold():
    berlin, now = ZoneInfo("Europe/Berlin"), datetime(2026, 5, 1, tzinfo=UTC)

    assert moved_slot(parse_cron("30 2 * * *"), berlin, now).change == "repeated"
    assert moved_slot(parse_cron("30 9 * * *"), berlin, now) is None
    assert moved_slot(parse_cron("30 2 * * *"), ZoneInfo("UTC"), now) is None


def test_the_latest_slot_may_lie_years_back():
    at = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)

    def latest(text):
        return latest_slot(parse_cron(text), ZoneInfo("UTC"), at).at

    assert latest("*/20 * * * *") == datetime(2026, 11, 21, 9, 20, tzinfo=UTC)
    assert latest("30 9 * * *") == at
    assert latest("0 9 29 2 *") == datetime(2024, 2, 29, 9, tzinfo=UTC)


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../../etc/passwd", "localtime"])
def test_an_unknown_zone_is_refused_with_a_sentence(name):
    with pytest.raises(UnknownZoneError, match="not a known time zone"):
        read_zone(name)
