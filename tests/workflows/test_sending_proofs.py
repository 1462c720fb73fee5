"""Mails of the daily look: once a day each, whatever happens to clocks and workers."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from threading import Barrier
from zoneinfo import ZoneInfo

import pytest

from automations.models import Enrolment, Workflow
from automations.services.workflows import OnTheWay, disable, enable, save_workflow
from automations.workflows.daily import check_daily, due_look
from automations.workflows.walking import advance
from customers.services import add_tag
from messaging.models import Delivery
from tests import make
from tests.messaging.ledger import send
from tests.parallel import in_parallel
from tests.scale import scaled
from tests.workflows.make import run, step, trigger, workflow

VIP = {"version": 1, "all": [{"type": "tag", "operator": "has", "tags": ["vip"]}]}
START = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
ZONES = (
    "Europe/Berlin",
    "America/Havana",  # skips midnight
    "Australia/Lord_Howe",  # changes by half an hour
    "Africa/Cairo",
    "America/New_York",
    "America/Santiago",
    "America/St_Johns",
    "Asia/Beirut",
    "Asia/Jerusalem",
    "Atlantic/Azores",
    "Pacific/Auckland",
    "Pacific/Chatham",
)


def mail():
    return step("send_email", template_id=make.template().pk)


def vips(count):
    people = make.customers(count)
    add_tag([one.pk for one in people], "vip")
    return people


def daily(hour, *, zone="UTC", now=START, **fields):
    """A workflow that mails everybody who is a VIP, every day at an hour."""
    return workflow(
        mail(),
        on=trigger("conditions", conditions=VIP),
        check_hour=hour,
        timezone=zone,
        now=now,
        **{"cooldown_period_days": 0} | fields,
    )


def mails_of(*workflows):
    """How many mails each of them made."""
    found = Counter(
        key.split(":")[1]
        for key in Delivery.objects.values_list("dispatch__series", flat=True)
    )
    return [found[str(one.pk)] for one in workflows]


def ticks(start, end, step):
    moment = start
    while moment <= end:
        yield moment
        moment += step


@pytest.mark.prove
@pytest.mark.django_db(transaction=True)
def test_two_beats_and_two_tickers_send_each_mail_of_each_day_once(smtp_sink):
    people = vips(2)
    made = [daily(number % 24) for number in range(scaled(6, 200))]
    days = 2

    for moment in ticks(START, START + timedelta(days=days), timedelta(hours=1)):
        in_parallel(lambda _n, moment=moment: (check_daily(moment), advance(moment)), 4)
    advance(START + timedelta(days=days, hours=1))

    # Both full days of each hour: the one that was over when it began comes again.
    expected = [days * len(people)] * len(made)
    assert mails_of(*made) == expected
    send(limit=sum(expected) + 10)
    assert len(smtp_sink.mails) == sum(expected)


@pytest.mark.django_db(transaction=True)
def test_tickers_that_only_look_whether_it_is_time_send_several():
    """The control: the same question, and no lock on what was done of the day."""
    [who] = vips(1)
    made = daily(4)
    moment, meeting = START + timedelta(days=1), Barrier(4)

    def tick(number):
        is_time = due_look(Workflow.objects.get(pk=made.pk), moment)
        meeting.wait(30)
        if is_time:
            Enrolment.objects.create(
                workflow=made,
                version=made.current_version,
                customer=who,
                trigger_key=f"control-{number}",
                due_at=moment,
            )

    in_parallel(tick, 4)
    run(moment)

    assert mails_of(made)[0] > 1


def changes_of(zone, year=2027):
    """The moments at which the clocks of a zone change in a year."""
    start = datetime(year, 1, 1, tzinfo=UTC)
    hours = ticks(start, start + timedelta(days=365), timedelta(hours=1))
    found, before = [], start.astimezone(zone).utcoffset()
    for moment in hours:
        offset = moment.astimezone(zone).utcoffset()
        if offset != before:
            found.append(moment)
        before = offset
    return found


@pytest.mark.prove
@pytest.mark.django_db
@pytest.mark.parametrize("name", ZONES[: scaled(3, 12)])
def test_each_local_day_is_looked_at_once_when_the_clocks_change(name):
    zone = ZoneInfo(name)
    [who] = vips(1)
    assert len(changes_of(zone)) == 2

    for change in changes_of(zone):
        noon = change.astimezone(zone).replace(hour=12, minute=0, fold=0)
        start, end = noon - timedelta(days=2), noon + timedelta(days=2)
        made = [daily(hour, zone=name, now=start) for hour in range(4)]
        for moment in ticks(
            start.astimezone(UTC), end.astimezone(UTC), timedelta(hours=1)
        ):
            if check_daily(moment):
                advance(moment)
        days = [(start.date() + timedelta(days=day)).isoformat() for day in range(1, 5)]
        for one in made:
            entries = Enrolment.objects.filter(workflow=one, customer=who)
            keys = entries.order_by("trigger_key").values_list("trigger_key", flat=True)
            assert [key.rpartition(":")[2] for key in keys] == days
        assert mails_of(*made) == [len(days)] * len(made)
        Workflow.objects.update(is_enabled=False)


def test_a_rule_by_the_very_hour_misses_days_and_doubles_others():
    """The control: asking whether it is two o'clock, as a cron line would."""
    zone = ZoneInfo("Europe/Berlin")

    def looks(change):
        around = timedelta(hours=12)
        hourly = ticks(change - around, change + around, timedelta(hours=1))
        return sum(moment.astimezone(zone).hour == 2 for moment in hourly)

    assert [looks(change) for change in changes_of(zone)] == [0, 2]


@pytest.mark.django_db
def test_after_three_hours_without_workers_the_look_is_made_up_for_once():
    vips(1)
    made = daily(4)
    morning = START.replace(hour=3, minute=50) + timedelta(days=1)

    check_daily(morning)
    for minutes in (200, 201, 300):
        run(morning + timedelta(minutes=minutes))

    assert mails_of(made) == [1]


@pytest.mark.django_db
def test_days_without_workers_are_not_made_up_for():
    vips(1)
    made = daily(4)

    run(START + timedelta(days=5))

    assert mails_of(made) == [1]
    assert Enrolment.objects.get().trigger_key.endswith("2026-11-25")


@pytest.mark.django_db
def test_enabling_in_the_afternoon_sends_nothing_of_this_morning():
    vips(1)
    made = daily(4)

    run(START)
    disable(made, on_the_way=OnTheWay.FINISH)
    run(START + timedelta(days=1))
    enable(made, now=START + timedelta(days=1, hours=3))
    run(START + timedelta(days=1, hours=4))
    assert mails_of(made) == [0]

    run(START + timedelta(days=2))
    assert mails_of(made) == [1]


@pytest.mark.django_db
def test_unless_enabling_minds_the_hour_it_sends_what_is_past():
    """The control: switched on without saying that this day's hour is over."""
    vips(1)
    made = daily(4)
    Workflow.objects.filter(pk=made.pk).update(checked_on=None)

    run(START)

    assert mails_of(made) == [1]


@pytest.mark.django_db
def test_an_hour_that_is_changed_in_the_last_second_holds():
    vips(1)
    made = daily(4)
    four = START.replace(hour=4, minute=0) + timedelta(days=1)

    run(four - timedelta(seconds=1))
    made.refresh_from_db()
    made.check_hour = 6
    save_workflow(made)
    run(four)
    assert mails_of(made) == [0]

    run(four + timedelta(hours=2))
    assert mails_of(made) == [1]
    made.refresh_from_db()
    made.check_hour = 9
    save_workflow(made)
    run(four + timedelta(hours=5))
    assert mails_of(made) == [1]
