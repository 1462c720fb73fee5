"""The pages of quiet hours and frequency caps, and where they are explained."""

from datetime import UTC, datetime, time, timedelta

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.urls import reverse
from django.utils import timezone

from customers.models import Customer
from messaging.models import Delivery, FrequencyCap, SendingHours
from messaging.services import forecast
from messaging.tasks import judge_held_back_again
from tests import make
from tests.messaging import ledger

pytestmark = pytest.mark.django_db
CAPS = reverse("admin:messaging_frequencycap_changelist")
ADD_CAP = reverse("admin:messaging_frequencycap_add")
HOURS = reverse("admin:messaging_sendinghours_change", args=(1,))
SENDING = reverse("admin:messaging_sending")
NIGHT = datetime(2050, 11, 18, 23, tzinfo=UTC)
CAP = {"channel": "email", "most": 2, "length": 7, "unit": "days", "over": "skip"}
NIGHTS = {"is_quiet": "on", "quiet_from": "22:00", "quiet_until": "08:00"}


def text_of(response):
    assert response.status_code == 200
    return response.content.decode()


def held_at_night(customer):
    SendingHours.objects.update_or_create(
        pk=1, defaults={"is_quiet": True, "quiet_from": time(22), "most_held_hours": 99}
    )
    dispatch = ledger.dispatch(customer)
    with time_machine.travel(NIGHT, tick=False):
        ledger.send()
    return dispatch.deliveries.get()


def test_a_cap_is_made_listed_and_explained_on_the_page_of_sending(admin_client):
    admin_client.post(ADD_CAP, CAP | {"is_active": "on"})

    assert FrequencyCap.objects.get().most == 2
    assert "2 messages" in text_of(admin_client.get(CAPS))
    page = text_of(admin_client.get(SENDING))
    assert (
        "E-mail: at most 2 marketing messages for each customer within 7 days" in page
    )
    assert "What is more is skipped." in page


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"most": 0}, "greater than or equal to 1"),
        ({"length": 0}, "greater than or equal to 1"),
        ({"most": 10**12}, "less than or equal to 1000"),
        ({"most": "many"}, "Enter a whole number"),
        ({"channel": "pigeon"}, "not one of the available choices"),
        ({"unit": "years"}, "not one of the available choices"),
    ],
)
def test_a_cap_that_makes_no_sense_is_refused(admin_client, wrong, sentence):
    page = text_of(admin_client.post(ADD_CAP, CAP | wrong))

    assert sentence in page
    assert not FrequencyCap.objects.exists()


def test_a_second_cap_for_the_same_channel_and_time_is_refused(admin_client):
    FrequencyCap.objects.create(**CAP)

    page = text_of(admin_client.post(ADD_CAP, CAP | {"most": 5}))

    assert "There is a cap for this channel and time already" in page


def test_looking_at_quiet_hours_changes_nothing(admin_client):
    page = text_of(admin_client.get(HOURS))

    assert "Quiet hours" in page
    assert not SendingHours.objects.exists()
    assert "There are no quiet hours" in text_of(admin_client.get(SENDING))


def test_quiet_hours_are_set_and_who_did_it_is_on_record(admin_client):
    admin_client.post(HOURS, NIGHTS | {"most_held_hours": 12})

    hours = SendingHours.objects.get()
    assert (hours.quiet_from, hours.quiet_until) == (time(22), time(8))
    assert "from 22:00 to 08:00" in text_of(admin_client.get(SENDING))
    assert LogEntry.objects.get().object_id == "1"


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"quiet_until": "22:00"}, "cannot end when they begin"),
        ({"quiet_until": "25:00"}, "Enter a valid time"),
        ({"most_held_hours": 0}, "greater than or equal to 1"),
        ({"most_held_hours": ""}, "This field is required"),
    ],
)
def test_quiet_hours_that_make_no_sense_are_refused(admin_client, wrong, sentence):
    page = text_of(admin_client.post(HOURS, NIGHTS | {"most_held_hours": 12} | wrong))

    assert sentence in page
    assert not SendingHours.objects.exists()


def test_who_may_not_change_the_rules_cannot(client):
    client.force_login(make.grant(make.user(), "messaging.view_sendinghours"))

    assert client.post(HOURS, NIGHTS | {"most_held_hours": 12}).status_code == 403
    assert client.post(ADD_CAP, CAP).status_code == 403
    assert not SendingHours.objects.exists()
    assert not FrequencyCap.objects.exists()


def test_the_pages_of_message_and_customer_tell_of_quiet_hours(client):
    customer = make.customer(timezone="Europe/Berlin")
    held = held_at_night(customer)

    with time_machine.travel(NIGHT, tick=False):
        client.force_login(make.administrator())
        message = text_of(client.get(held.get_absolute_url()))
        person = text_of(client.get(customer.get_absolute_url()))
        sending = text_of(client.get(SENDING))

    assert "It waits until Sat 19 Nov 2050, 08:00 (Europe/Berlin)." in message
    assert "Quiet hours until 08:00 (Europe/Berlin)." in person
    assert "state=pending&amp;reason=quiet_hours" in sending


def test_the_page_of_a_customer_tells_that_a_cap_is_reached(admin_client):
    FrequencyCap.objects.create(**CAP | {"most": 1})
    customer = make.customer()
    ledger.dispatch(customer)
    assert "Frequency cap reached" not in text_of(
        admin_client.get(customer.get_absolute_url())
    )

    ledger.send()

    page = text_of(admin_client.get(customer.get_absolute_url()))
    assert "Frequency cap reached: E-mail: at most 1 within 7 days." in page


@pytest.mark.django_db(transaction=True)
def test_hours_that_are_given_up_let_go_what_they_held(smtp_sink):
    held = held_at_night(make.customer())
    now = timezone.now()
    Delivery.objects.update(due_at=now + timedelta(hours=8), held_since=now)

    SendingHours.objects.update(is_quiet=False)
    judge_held_back_again()
    ledger.send()

    held.refresh_from_db()
    assert held.state == "accepted"
    assert len(smtp_sink.mails) == 1


def a_plan(**overrides):
    return {
        "template": make.template(),
        "audience": Customer.objects.all(),
        "series": "test",
        "policy": ledger.EVERY_RUN,
    } | overrides


def test_a_forecast_tells_who_sleeps_and_who_had_enough():
    FrequencyCap.objects.create(**CAP | {"most": 1})
    SendingHours.objects.create(is_quiet=True, quiet_from=time(22))
    full, free = (make.customer(timezone="America/New_York") for _ in range(2))
    make.customer(timezone="Europe/Berlin")
    make.customer(timezone="Mars/Olympus")
    ledger.dispatch(full).deliveries.update(
        state="accepted", accepted_at=timezone.now()
    )

    with time_machine.travel(NIGHT, tick=False):
        foreseen = forecast(**a_plan())
        receipts = forecast(**a_plan(template=make.template(purpose="transactional")))

    assert foreseen == {
        ("pending", ""): 1,
        ("pending", "quiet_hours"): 2,
        ("skipped", "frequency_cap"): 1,
    }
    assert receipts == {("pending", ""): 4}
    assert free


def test_the_question_before_a_run_tells_who_gets_it_later(client):
    SendingHours.objects.create(is_quiet=True, quiet_from=time(22))
    sleeping = make.customer(timezone="Europe/Berlin")
    awake = make.customer(timezone="America/New_York")
    automation = make.automation(segment=make.segment(sleeping, awake))
    run = reverse("admin:automations_automation_run", args=(automation.pk,))

    with time_machine.travel(NIGHT, tick=False):
        client.force_login(make.administrator())
        page = text_of(client.get(run))

    assert "all of them will receive it." in page
    assert "1 of them will receive it later. It is quiet hours" in page


def test_a_forecast_for_a_local_time_asks_the_clocks_of_then():
    SendingHours.objects.create(is_quiet=True, quiet_from=time(22))
    make.customer(timezone="Europe/Berlin")

    with time_machine.travel(NIGHT, tick=False):
        morning = forecast(**a_plan(local_time=time(9)))
        night = forecast(**a_plan(local_time=time(23)))

    assert morning == {("pending", ""): 1}
    assert night == {("pending", "quiet_hours"): 1}
