"""Many workers and writers at once: nothing twice, nothing missed."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from automations.models import AutomationLog, Enrolment
from automations.workflows.happenings import take_events
from automations.workflows.walking import advance
from customers.models import CreditEntry, Customer, EventOutbox
from customers.services import add_tag
from segments.scores.locks import sole_refresh
from tests import make
from tests.messaging.processes import kill, start
from tests.parallel import in_parallel
from tests.scale import scaled
from tests.waiting import wait_until
from tests.workflows.make import (
    run,
    state_of,
    step,
    tag,
    tags_of,
    trigger,
    workflow,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.prove
def test_a_cooldown_holds_whoever_comes_at_once(api_events):
    """Each event is told three times, by eight writers, while eight workers take."""
    people = make.customers(scaled(25, 500))
    events = scaled(10, 10)
    workflow(
        step("grant_credits", amount=1),
        on=trigger("activity_performed", name="booked"),
    )

    def work(number):
        for who in people[number % 4 :: 4]:
            for event in range(events):
                api_events(who, "booked", external_id=f"{who.pk}-{event}")
                take_events()
                advance(limit=10)

    # Three rounds of the same events, so each is told three times.
    for _round in range(3):
        in_parallel(work, 8)
    run()

    assert Enrolment.objects.count() == len(people)
    assert CreditEntry.objects.count() == len(people)
    assert not EventOutbox.objects.exists()


def test_without_waiting_for_one_another_a_cooldown_is_passed():
    """The control: the same question and INSERT, without the lock."""
    who = make.customer()
    made = workflow(tag("entered"))
    ready = threading.Barrier(4)

    def enter(_number):
        with transaction.atomic():
            known = Enrolment.objects.filter(customer=who, workflow=made).exists()
            ready.wait(timeout=30)
            if not known:
                Enrolment.objects.create(
                    customer=who,
                    workflow=made,
                    version=made.current_version,
                    trigger_key=f"control-{threading.get_ident()}",
                )

    in_parallel(enter, 4)

    assert Enrolment.objects.count() > 1


def test_a_refresh_of_scores_does_not_hold_up_tasks_for_staff():
    make.administrator()
    who = make.customer()
    workflow(step("assign_task_to_staff", assignee_rule="round_robin"))
    add_tag([who.pk], "enter")
    holds, may_go = threading.Event(), threading.Event()

    def refresh():
        with sole_refresh():
            holds.set()
            assert may_go.wait(60)
        connection.close()

    with ThreadPoolExecutor(1) as pool, connection.cursor() as cursor:
        job = pool.submit(refresh)
        assert holds.wait(60)
        cursor.execute("SET lock_timeout = '3s'")
        try:
            run()
        finally:
            may_go.set()
            cursor.execute("RESET lock_timeout")
        job.result()

    assert state_of(who) == "completed"


def test_the_steps_leave_alone_whom_an_erasure_holds():
    now = timezone.now()
    held, other = make.customers(2)
    workflow(tag("after"))
    add_tag([held.pk, other.pk], "enter")
    take_events()
    holds, may_go = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            Customer.objects.select_for_update().get(pk=held.pk)
            holds.set()
            assert may_go.wait(60)
        connection.close()

    with ThreadPoolExecutor(1) as pool:
        job = pool.submit(hold)
        assert holds.wait(60)
        advance(now + timedelta(seconds=60))
        may_go.set()
        job.result()

    assert [state_of(one) for one in (held, other)] == ["active", "completed"]
    assert not AutomationLog.objects.filter(customer=held).exists()
    advance(now + timedelta(seconds=70))
    assert state_of(held) == "completed"


def test_who_was_erased_as_they_entered_is_forgotten_at_the_first_step():
    who = make.customer(erased_at=timezone.now())
    made = workflow(tag("after"))
    Enrolment.objects.create(
        customer=who,
        workflow=made,
        version=made.current_version,
        trigger_key="as they entered",
        context={"note": "private"},
    )

    advance()

    way = Enrolment.objects.get()
    assert (way.state, way.context) == ("exited", {})
    assert tags_of(who) == set()


def late_writers(count):
    """Write an event in each of `count` transactions that commit in reverse order.

    Yields after each commit; the IDs of the events rise, so the highest is seen first.
    """
    people = make.customers(count)
    written = [threading.Event() for _ in people]
    may_commit = [threading.Event() for _ in people]
    done = [threading.Event() for _ in people]

    def write(number):
        try:
            if number:
                written[number - 1].wait(30)
            with transaction.atomic():
                add_tag([people[number].pk], "enter")
                written[number].set()
                may_commit[number].wait(30)
            done[number].set()
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        jobs = [pool.submit(write, number) for number in range(count)]
        written[-1].wait(30)
        for number in reversed(range(count)):
            may_commit[number].set()
            done[number].wait(30)
            yield
        for job in jobs:
            job.result()


def test_no_event_is_missed_when_writers_commit_out_of_order():
    workflow(tag("entered"))

    for _commit in late_writers(8):
        run()

    assert Enrolment.objects.count() == 8
    assert AutomationLog.objects.count() == 8


def test_a_cursor_over_ids_misses_events():
    """The control: reading what is behind the last ID that was seen."""
    workflow(tag("entered"))
    last, seen = 0, 0

    for _commit in late_writers(8):
        for event in EventOutbox.objects.filter(id__gt=last).order_by("id"):
            last, seen = event.id, seen + 1

    assert seen < 8


def test_a_worker_that_writes_step_by_step_is_killed_in_between():
    """The control: an effect, and apart from it the note that it is done."""
    people = make.customers(8)
    workflow(step("grant_credits", amount=1))
    add_tag([one.pk for one in people], "enter")
    take_events()
    completed = Enrolment.objects.filter(state="completed")

    for done in (1, 3, 5):
        worker = start("-m", "tests.workflows.naive_worker")
        wait_until(
            lambda more=done: completed.count() >= more,
            timeout=60,
            message="The worker makes no progress.",
        )
        wait_until(lambda: CreditEntry.objects.count() > completed.count(), timeout=60)
        kill(worker)
    worker = start("-m", "tests.workflows.naive_worker")
    assert worker.wait(timeout=60) == 0

    assert completed.count() == len(people)
    assert CreditEntry.objects.count() > len(people)


@pytest.mark.prove
@pytest.mark.slow
def test_workers_that_are_killed_do_each_effect_once():
    total, kills = scaled((600, 4), (10_000, 20))
    people = make.customers(total)
    workflow(
        step("grant_credits", amount=1),
        step("wait", until="duration", amount=0, unit="days"),
        step("offer_discount", offer_code="X", duration_days=3),
        tag("after"),
    )
    add_tag([one.pk for one in people], "enter")
    command = ("manage.py", "run_workflows", "--until-empty", "--batch", "50")

    for _number in range(kills):
        before = Enrolment.objects.filter(state="completed").count()
        enough = min(total, before + total // (kills + 2))
        workers = [start(*command) for _ in range(2)]
        wait_until(
            lambda more=enough: (
                Enrolment.objects.filter(state="completed").count() >= more
            ),
            timeout=120,
            message="The workers make no progress.",
        )
        for worker in workers:
            kill(worker)
    run(timezone.now())

    assert Enrolment.objects.filter(state="completed").count() == total
    assert CreditEntry.objects.count() == total
    assert AutomationLog.objects.filter(success=True).count() == 4 * total
