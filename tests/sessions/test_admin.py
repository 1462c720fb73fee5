from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from funnel.models import Activity, AttendanceMark, Booking, ConversionName, Session
from funnel.services import mark_attendance, record_conversion
from tests import make

pytestmark = pytest.mark.django_db


def url(name, *args):
    return reverse(f"admin:funnel_{name}", args=args)


def text(response):
    assert response.status_code == 200
    return response.content.decode()


def said(response):
    return " ".join(str(one) for one in response.context["messages"])


@pytest.fixture
def full():
    """A session that three customers booked."""
    session = make.session(name="Breathing")
    return session, [make.booking(make.customer(), session=session) for _ in range(3)]


def save_attendance(client, session, shown, came):
    return client.post(
        url("session_attendance", session.pk),
        {"shown": shown, "came": came},
        follow=True,
    )


def test_a_group_shows_its_sessions_with_their_figures(admin_client, full):
    session, bookings = full
    mark_attendance([bookings[0].pk], True, source="test")

    page = text(admin_client.get(session.group.get_absolute_url()))

    assert session.get_absolute_url() in page
    assert 'data-label="Booked">3<' in page
    assert 'data-label="Attended">1<' in page


def test_a_session_marks_who_came_many_at_once(admin_client, full):
    session, bookings = full
    came = [bookings[0].pk, bookings[2].pk]

    answer = save_attendance(
        admin_client, session, [f"{one.pk}:0" for one in bookings], came
    )

    assert "attendance of 2 bookings" in said(answer)
    attended = Booking.objects.attended().values_list("pk", flat=True)
    assert set(attended) == set(came)
    assert AttendanceMark.objects.first().by.is_superuser


def test_what_somebody_else_marked_meanwhile_stays(admin_client, full):
    session, bookings = full
    mark_attendance([bookings[1].pk], True, source="test")

    save_attendance(
        admin_client, session, [f"{one.pk}:0" for one in bookings], [bookings[0].pk]
    )

    assert Booking.objects.attended().count() == 2


def test_a_tick_taken_away_takes_the_mark_back(admin_client, full):
    session, bookings = full
    mark_attendance([bookings[0].pk], True, source="test")

    save_attendance(admin_client, session, [f"{bookings[0].pk}:1"], [])

    assert not Activity.objects.exists()


@pytest.mark.parametrize("shown", ["", "x:0", f"{10**30}:0", "\0:1", "²:0", "5"])
def test_a_form_full_of_nonsense_marks_nobody(admin_client, full, shown):
    session, _bookings = full

    answer = save_attendance(admin_client, session, [shown], ["x", "1"])

    assert answer.status_code == 200
    assert not Booking.objects.attended().exists()


def test_bookings_of_other_sessions_are_not_marked_here(admin_client, full):
    session, _bookings = full
    other = make.booking(make.customer())

    save_attendance(admin_client, session, [f"{other.pk}:0"], [other.pk])

    assert not Booking.objects.attended().exists()


def test_a_place_is_booked_on_the_page_of_a_session(admin_client, full):
    session, _bookings = full
    ada = make.customer()

    for body in ({"customer": ada.pk}, {"customer": ada.pk}, {"customer": "x"}, {}):
        answer = admin_client.post(url("session_book", session.pk), body, follow=True)
        assert answer.status_code == 200

    assert Booking.objects.filter(customer=ada, session=session).count() == 1


def test_the_list_marks_the_bookings_that_were_chosen(admin_client, full):
    _session, bookings = full

    answer = admin_client.post(
        url("booking_changelist"),
        {
            "action": "mark_attended",
            "_selected_action": [bookings[0].pk, bookings[1].pk],
        },
        follow=True,
    )

    assert "attendance of 2 bookings" in said(answer)
    assert Activity.objects.count() == 2


@pytest.mark.parametrize(
    ("search", "count"),
    [
        ({"attended": "True"}, 1),
        ({"attended": "False"}, 3),
        ({"group": "Movers"}, 1),
        ({"price": "paid"}, 1),
        ({"from_day": "2999-01-01"}, 0),
        ({"session": "x"}, 0),
    ],
)
def test_bookings_are_filtered(admin_client, full, search, count):
    _session, bookings = full
    mark_attendance([bookings[0].pk], True, source="test")
    movers = make.group(name="Movers")
    make.booking(make.customer(), session=make.session(group=movers, is_paid=True))

    answer = admin_client.get(url("booking_changelist"), search)

    assert len(answer.context["cl"].result_list) == count


def test_one_booking_is_marked_corrected_and_cancelled(admin_client, full):
    booking = full[1][0]
    steer = url("booking_steer", booking.pk)

    admin_client.post(steer, {"verb": "attended"})
    refused = admin_client.post(steer, {"verb": "cancel"}, follow=True)
    assert "Take the attendance back first" in said(refused)
    admin_client.post(steer, {"verb": "absent"})
    page = text(admin_client.get(booking.get_absolute_url()))
    assert page.count('<th scope="row">') == 2
    admin_client.post(steer, {"verb": "cancel"})

    assert not Booking.objects.filter(pk=booking.pk).exists()


def test_a_session_to_come_cannot_be_marked(admin_client):
    tomorrow = make.session(starts_at=timezone.now() + timedelta(days=1))
    booking = make.booking(make.customer(), session=tomorrow)

    page = text(admin_client.get(tomorrow.get_absolute_url()))
    answer = admin_client.post(
        url("booking_steer", booking.pk), {"verb": "attended"}, follow=True
    )

    assert 'name="came"' not in page
    assert "is to come" in said(answer)


def test_a_session_that_customers_came_to_keeps_its_facts(admin_client, full):
    session, bookings = full
    mark_attendance([bookings[0].pk], True, source="test")
    form = {
        "group": session.group_id,
        "starts_at_0": "2026-01-05",
        "starts_at_1": "18:00",
        "name": "Breathing",
        "minutes": "",
        "external_id": "",
    }

    answer = admin_client.post(session.get_absolute_url(), form)

    assert "Customers attended this session" in text(answer)


def test_two_sessions_of_a_group_do_not_begin_together(admin_client):
    session = make.session(starts_at=timezone.now().replace(second=0, microsecond=0))
    local = timezone.localtime(session.starts_at)
    form = {
        "group": session.group_id,
        "starts_at_0": f"{local:%Y-%m-%d}",
        "starts_at_1": f"{local:%H:%M}",
        "name": "",
        "minutes": "60",
        "external_id": "",
    }

    refused = admin_client.post(url("session_add"), form)
    taken = admin_client.post(url("session_add"), form | {"starts_at_1": "03:07"})

    assert "Another session of this group starts at this time." in text(refused)
    assert taken.status_code == 302
    assert Session.objects.count() == 2


@pytest.mark.parametrize("model", ["group", "session"])
def test_what_is_in_use_cannot_be_deleted(admin_client, full, model):
    session, _bookings = full
    pk = {"group": session.group_id, "session": session.pk}[model]

    answer = admin_client.post(url(f"{model}_delete", pk), {"post": "yes"})

    assert answer.status_code == 403


def test_the_page_of_a_customer_tells_how_regularly_they_come(admin_client):
    ada = make.customer()
    monday = timezone.now() - timedelta(days=timezone.localdate().weekday())
    for weeks in (1, 2, 4):
        session = make.session(starts_at=monday - timedelta(weeks=weeks))
        mark_attendance([make.booking(ada, session=session).pk], True, source="test")
    make.booking(ada, session=make.session(starts_at=monday - timedelta(weeks=3)))

    page = text(admin_client.get(ada.get_absolute_url()))

    for title, figure in (("Booked", 4), ("Attended", 3), ("Weeks in a row", 2)):
        assert f'<dt>{title}</dt><dd class="mos-number">{figure}</dd>' in page


def test_the_page_of_a_customer_tells_their_conversions(admin_client):
    ada = make.customer()
    assert "panel-conversions" not in text(admin_client.get(ada.get_absolute_url()))

    record_conversion(ada, "signup", source="test")

    page = text(admin_client.get(ada.get_absolute_url()))
    assert "panel-conversions" in page
    assert "attend_first_paid_session" in page


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("Bring a friend", "Use small letters"),
        ("signup", "This conversion is known already."),
        ("vouched", "There is a conversion of this name already."),
        ("", "This field is required."),
    ],
)
def test_a_conversion_has_a_name_of_its_own(admin_client, name, reason):
    ConversionName.objects.create(name="vouched")

    answer = admin_client.post(
        url("conversionname_add"), {"name": name, "description": "", "place": "5"}
    )

    assert reason in text(answer)


def test_staff_add_a_conversion(admin_client):
    admin_client.post(
        url("conversionname_add"),
        {"name": "bring_a_friend", "description": "", "place": "25"},
    )

    page = text(admin_client.get(url("conversionname_changelist")))
    assert "bring_a_friend" in page
    assert "attend_first_session" in page


def test_who_may_only_look_changes_nothing(client, full):
    session, bookings = full
    viewer = make.grant(make.user(), "funnel.view_session", "funnel.view_booking")
    client.force_login(viewer)

    page = text(client.get(session.get_absolute_url()))
    answers = [
        client.post(url("session_attendance", session.pk), {"came": bookings[0].pk}),
        client.post(url("session_book", session.pk), {"customer": 1}),
        client.post(url("booking_steer", bookings[0].pk), {"verb": "attended"}),
        client.post(url("booking_steer", bookings[0].pk), {"verb": "cancel"}),
    ]

    assert 'name="came"' not in page
    assert [answer.status_code for answer in answers] == [403] * 4
    assert Booking.objects.count() == 3


@pytest.mark.parametrize("model", ["group", "session", "booking"])
def test_the_lists_ask_as_often_however_long_they_are(
    admin_client, django_assert_max_num_queries, model
):
    for _ in range(30):
        make.booking(make.customer())

    with django_assert_max_num_queries(14):
        answer = admin_client.get(url(f"{model}_changelist"))

    assert len(answer.context["cl"].result_list) == 30
