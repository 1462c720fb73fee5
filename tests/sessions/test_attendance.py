import io
import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from customers.models import EventOutbox, EventSubscription
from customers.services import erase_customer, export_customer
from funnel.models import Activity, AttendanceMark, Booking
from funnel.services import book, cancel_booking, mark_attendance, save_session
from marketing_os.lib.errors import DomainError
from tests import make
from tests.parallel import in_parallel
from tests.workflows.make import run, tag, tags_of, trigger, workflow

pytestmark = pytest.mark.django_db(transaction=True)


def mark(*bookings, attended=True):
    return mark_attendance([one.pk for one in bookings], attended, source="test")


@pytest.fixture
def ada():
    return make.customer()


@pytest.fixture
def booking(ada):
    return make.booking(ada)


def test_who_came_gets_an_activity_that_tells_of_the_session(booking, ada):
    mark(booking)

    activity = Activity.objects.get()
    assert activity.customer == ada
    assert activity.name == "class_attended"
    assert activity.occurred_at == booking.session.starts_at
    assert activity.properties == {
        "group": booking.session.group.name,
        "session": "",
        "session_id": booking.session_id,
        "paid": False,
    }


def test_the_setting_names_the_activity(booking, settings):
    settings.CLASS_ATTENDED_ACTIVITY = "came to yoga"

    mark(booking)

    assert Activity.objects.get().name == "came to yoga"


def test_marked_twice_is_one_activity(booking):
    assert mark(booking) == 1
    assert mark(booking) == 0

    assert Activity.objects.count() == 1


def test_many_are_marked_at_once(ada):
    session = make.session()
    bookings = [make.booking(make.customer(), session=session) for _ in range(20)]

    assert mark(*bookings) == 20

    assert Activity.objects.filter(name="class_attended").count() == 20


def test_a_mark_taken_back_takes_the_activity_and_stays_on_record(booking):
    mark(booking)

    mark(booking, attended=False)

    booking.refresh_from_db()
    assert not booking.attended
    assert not Activity.objects.exists()
    said = AttendanceMark.objects.order_by("id").values_list("attended", flat=True)
    assert list(said) == [True, False]


def test_a_mark_taken_back_before_anybody_took_the_event_tells_nobody(booking):
    EventSubscription.objects.create(kind="activity", name="class_attended", owner="x")
    mark(booking)
    assert EventOutbox.objects.count() == 1

    mark(booking, attended=False)

    assert not EventOutbox.objects.exists()


def test_nobody_came_to_a_session_that_is_to_come(ada):
    tomorrow = timezone.now() + timedelta(days=1)
    booking = make.booking(ada, session=make.session(starts_at=tomorrow))

    with pytest.raises(DomainError, match="to come"):
        mark(booking)

    assert not Activity.objects.exists()


def test_an_erased_customer_is_not_marked(booking, ada):
    erase_customer(ada, by=None)

    assert mark(booking) == 0


def test_coming_starts_a_workflow(ada, booking):
    workflow(tag("came"), on=trigger("activity_performed", name="class_attended"))

    mark(booking)
    run()

    assert tags_of(ada) == {"came"}


def test_what_happened_long_ago_starts_no_workflow(ada):
    workflow(tag("came"), on=trigger("activity_performed", name="class_attended"))
    long_ago = make.session(starts_at=timezone.now() - timedelta(days=3))

    mark(make.booking(ada, session=long_ago))
    run()

    assert tags_of(ada) == set()


def test_the_same_booking_twice_is_one(ada):
    session = make.session()

    first = book(ada, session, source="test")

    assert book(ada, session, source="test") == first
    assert Booking.objects.count() == 1


def test_a_booking_is_cancelled_unless_the_customer_came(ada, booking):
    mark(booking)
    with pytest.raises(DomainError, match="came"):
        cancel_booking(booking)

    mark(booking, attended=False)
    cancel_booking(booking)

    assert not Booking.objects.exists()


def test_a_session_that_customers_came_to_keeps_its_time(booking):
    mark(booking)
    session = booking.session
    session.starts_at += timedelta(hours=1)

    with pytest.raises(DomainError, match="attended this session"):
        save_session(session)


def test_a_session_that_nobody_came_to_is_moved(booking):
    session = booking.session
    session.starts_at += timedelta(hours=1)

    save_session(session)

    session.refresh_from_db()
    assert session.starts_at > timezone.now() - timedelta(hours=2)


def test_bookings_belong_to_what_is_held_about_a_customer(ada, booking):
    mark(booking)

    held = json.loads(export_customer(ada, by=None))["funnel"]

    assert [row["attended"] for row in held["bookings"]] == [True]
    assert [row["source"] for row in held["attendance_marks"]] == ["test"]


def test_erasure_leaves_the_place_of_a_customer_without_a_name(ada, booking):
    mark(booking)

    erase_customer(ada, by=None)

    booking.refresh_from_db()
    assert booking.attended
    assert Activity.objects.get().properties == {}


def test_of_many_who_mark_the_same_customer_one_does(booking):
    done = in_parallel(lambda _number: mark(booking), 8)

    assert sorted(done) == [0] * 7 + [1]
    assert Activity.objects.count() == 1
    assert AttendanceMark.objects.count() == 1


def test_more_than_fifty_visits_are_a_condition(ada):
    bob = make.customer()
    for who, count in ((ada, 51), (bob, 50)):
        mark(*(make.booking(who) for _ in range(count)))
    condition = {
        "type": "activity",
        "name": "class_attended",
        "operator": "at_least",
        "value": 51,
    }

    make.segment(
        name="Regulars",
        type="conditions",
        conditions={"version": 1, "all": [condition]},
    )
    out = io.StringIO()
    call_command("evaluate_segment", "Regulars", "--ids", stdout=out)

    assert out.getvalue().split() == [str(ada.pk)]
