import pytest

from funnel.models import Activity, AttendanceMark, Booking, Group, Session
from funnel.services import mark_attendance
from tests import make
from tests.imports.conftest import counts, refusals
from tests.imports.test_offers_file import undo
from tests.workflows.make import run, tag, tags_of, trigger, workflow

pytestmark = pytest.mark.django_db(transaction=True)

GROUPS = "name,description\nCalm minds,Every Tuesday\nMovers,\n"
SESSIONS = """group,starts_at,name,minutes,paid,external_id
Calm minds,2026-03-03 18:00,Breathing,60,no,s-1
calm minds,2026-03-10 18:00,,60,yes,s-2
Movers,2026-03-04 07:30,,,,
Nobody,2026-03-04 07:30,,,,
Movers,2026-03-05 07:30,,5000,,
"""
BOOKINGS = """lms_lead_id,session,group,starts_at,attended
L1,s-1,,,yes
L1,,Movers,2026-03-04 07:30,no
L2,s-1,,,
L2,s-9,,,yes
nobody,s-1,,,yes
L1,s-1,,,yes
L2,,,,yes
"""


@pytest.fixture(autouse=True)
def people():
    return make.customer(lms_lead_id="L1"), make.customer(lms_lead_id="L2")


@pytest.fixture
def schedule(load):
    return load(GROUPS, "groups"), load(SESSIONS, "sessions")


def test_groups_and_sessions_come_by_file(schedule):
    groups, sessions = schedule

    assert counts(groups) == (2, 0, 0, 0)
    assert counts(sessions) == (3, 0, 0, 2)
    assert refusals(sessions) == [
        (5, "group", "There is no group of this name; add it first."),
        (6, "minutes", "Enter 1 to 1440 minutes."),
    ]
    paid = Session.objects.get(external_id="s-2")
    assert (paid.group.name, paid.minutes, paid.is_paid) == ("Calm minds", 60, True)


def test_bookings_come_by_file_with_who_came(schedule, load, people):
    job = load(BOOKINGS, "bookings")

    assert counts(job) == (3, 0, 0, 4)
    assert {line: reason for line, _, reason in refusals(job)} == {
        5: "There is no such session.",
        6: "No customer has this lms_lead_id.",
        7: "The same booking stands in line 2 already.",
        8: "Name the session by session_id, by session (its external ID), or by group"
        " and starts_at.",
    }
    [activity] = Activity.objects.filter(name="class_attended")
    assert activity.customer == people[0]
    assert activity.properties["session"] == "Breathing"


def test_the_same_files_again_change_nothing(schedule, load):
    load(BOOKINGS, "bookings")

    again = [
        load(text, name)
        for text, name in (
            (GROUPS, "groups"),
            (SESSIONS, "sessions"),
            (BOOKINGS, "bookings"),
        )
    ]

    assert [counts(job)[:3] for job in again] == [(0, 0, 2), (0, 0, 3), (0, 0, 3)]
    assert Activity.objects.count() == 1


def test_history_starts_no_workflow_unless_asked(schedule, load, people):
    workflow(tag("came"), on=trigger("activity_performed", name="class_attended"))

    load(BOOKINGS, "bookings")
    run()

    assert tags_of(people[0]) == set()


def test_a_file_says_later_who_came(schedule, load, people):
    load("lms_lead_id,session\nL2,s-2\n", "bookings")

    job = load("lms_lead_id,session,attended\nL2,s-2,yes\n", "bookings")

    assert counts(job) == (0, 1, 0, 0)
    assert Booking.objects.get().attended
    assert Activity.objects.get().customer == people[1]


def test_a_file_of_bookings_is_undone_with_its_activities(schedule, load):
    job = undo(load(BOOKINGS, "bookings"))

    assert job.status == "undone"
    assert not Booking.objects.exists()
    assert not Activity.objects.exists()
    assert not AttendanceMark.objects.exists()


def test_a_file_that_said_who_came_is_undone(schedule, load):
    load("lms_lead_id,session\nL2,s-2\n", "bookings")
    job = load("lms_lead_id,session,attended\nL2,s-2,yes\n", "bookings")

    undo(job)

    assert not Booking.objects.get().attended
    assert not Activity.objects.exists()


def test_attendance_marked_since_is_not_undone(schedule, load):
    job = load("lms_lead_id,session\nL2,s-2\nL1,s-2\n", "bookings")
    kept = Booking.objects.get(customer__lms_lead_id="L2")
    mark_attendance([kept.pk], True, source="test")

    undo(job, skip_touched=True)

    assert Booking.objects.get() == kept
    assert Activity.objects.count() == 1


def test_what_a_file_changed_of_sessions_is_put_back(schedule, load):
    job = load("group,starts_at,name\nMovers,2026-03-04 07:30,Hills\n", "sessions")
    assert Session.objects.get(group__name="Movers").name == "Hills"

    undo(job)

    assert Session.objects.get(group__name="Movers").name == ""


def test_groups_with_sessions_stay_when_their_file_is_undone(schedule):
    groups, _sessions = schedule

    undo(groups, skip_touched=True)

    assert Group.objects.count() == 2


def test_files_of_groups_and_sessions_are_undone(schedule):
    groups, sessions = schedule

    undo(sessions)
    undo(groups)

    assert not Session.objects.exists()
    assert not Group.objects.exists()


def test_a_session_that_customers_came_to_is_not_moved_by_a_file(schedule, load):
    load(BOOKINGS, "bookings")

    job = load(
        "group,starts_at,external_id\nCalm minds,2026-03-03 19:00,s-1\n", "sessions"
    )

    assert counts(job) == (0, 0, 0, 1)
    [(_line, _column, reason)] = refusals(job)
    assert reason.startswith("Customers attended this session")


def test_commands_import_them(command):
    command("import_groups", GROUPS)
    command("import_sessions", SESSIONS)
    command("import_bookings", BOOKINGS)

    assert Booking.objects.count() == 3
