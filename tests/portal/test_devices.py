import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from customers.models import Device
from customers.tasks import forget_old_devices
from messaging.templating.context import merge_values
from tests import make
from tests.portal.signed import sign_in

pytestmark = pytest.mark.django_db

IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15"
    " (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1"
)
MAC = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15"
    " (KHTML, like Gecko) Version/18.1 Safari/605.1.15"
)
ANDROID = "Mozilla/5.0 (Linux; Android 15; {}) AppleWebKit/537.36 Chrome/140.0{}"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0"
BOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


def report(client, agent=IPHONE, **overrides):
    said = {
        "consent": True,
        "type": "phone",
        "screen_width": 390,
        "screen_height": 844,
        "memory": 8,
        "time": timezone.now().isoformat(),
    } | overrides
    return post(client, json.dumps(said), agent)


def post(client, body, agent=IPHONE, content_type="application/json", **more):
    return client.post("/log-device", body, content_type, HTTP_USER_AGENT=agent, **more)


def test_a_device_is_noted_once_its_owner_agreed(client):
    assert report(client).status_code == 204

    seen = Device.objects.get()
    assert (seen.device_type, seen.screen_width, seen.screen_height) == (
        "phone",
        390,
        844,
    )
    assert seen.memory_gb == Decimal(8)
    assert seen.customer is None


@pytest.mark.parametrize("consent", [False, None, "no", 0])
def test_without_consent_nothing_is_noted(client, consent):
    assert report(client, consent=consent).status_code == 400

    assert not Device.objects.exists()


@pytest.mark.parametrize(
    ("agent", "said", "settled"),
    [
        (IPHONE, "desktop", "phone"),
        (WINDOWS, "phone", "desktop"),
        (ANDROID.format("SM-X710", ""), "desktop", "tablet"),
        (ANDROID.format("Pixel 9", " Mobile"), "tablet", "phone"),
        (MAC, "tablet", "tablet"),
        (MAC, "phone", "desktop"),
        ("something unknown", "tablet", "tablet"),
        ("", "desktop", "desktop"),
    ],
)
def test_the_type_is_checked_against_the_user_agent(client, agent, said, settled):
    report(client, agent, type=said)

    seen = Device.objects.get()
    assert (seen.device_type, seen.reported_type) == (settled, said)


def test_programs_are_not_noted(client):
    assert report(client, BOT).status_code == 204

    assert not Device.objects.exists()


def test_the_device_of_a_member_is_theirs_and_can_be_written_about(client):
    ada, bea = make.customer(), make.customer()
    sign_in(client, ada)

    report(client)

    assert Device.objects.get().customer == ada
    values = merge_values([ada.pk, bea.pk])
    assert values[ada.pk]["customer"]["device"] == "Mobile"
    assert "device" not in values[bea.pk]["customer"]


def test_the_newest_device_is_the_one_that_counts(client):
    ada = make.customer()
    sign_in(client, ada)

    report(client)
    report(client, WINDOWS, type="desktop")

    ada.refresh_from_db()
    assert ada.attributes["device"] == "Desktop"
    assert Device.objects.filter(customer=ada).count() == 2


def test_a_setting_keeps_the_attribute_away(client, settings):
    settings.DEVICE_ATTRIBUTE = ""
    ada = make.customer()
    sign_in(client, ada)

    report(client)

    ada.refresh_from_db()
    assert ada.attributes == {}


def test_an_attribute_of_another_type_does_no_harm(client):
    make.attribute("device", "numeric")
    ada = make.customer()
    sign_in(client, ada)

    assert report(client).status_code == 204


@pytest.mark.parametrize(
    "body",
    [
        "null",
        "[]",
        "{}",
        "{",
        "[" * 1_900,
        b"\xff\xfe",
        '{"consent": true, "type": "\\ud800"}',
        "9" * 1_999,
        "x" * 3_000,
        "x" * 6_000_000,
    ],
    ids=range(10),
)
def test_hostile_bodies_are_refused(client, body):
    assert post(client, body).status_code == 400

    assert not Device.objects.exists()


@pytest.mark.parametrize(
    "odd",
    [
        {"type": "fridge"},
        {"type": ["phone"]},
        {"type": {}},
        {"consent": []},
        {"screen_width": 0},
        {"screen_width": True},
        {"screen_width": 10**30},
        {"screen_height": "tall"},
        {"screen_height": None},
        {"memory": float("nan")},
        {"memory": float("inf")},
        {"memory": -1},
        {"memory": "1e999999"},
        {"memory": {}},
        {"time": "yesterday"},
        {"time": 12},
        {"time": {}},
        {"time": None},
    ],
    ids=str,
)
def test_odd_values_are_named(client, odd):
    refused = report(client, **odd)

    assert refused.status_code == 400
    assert list(refused.json()["detail"]) == list(odd)
    assert not Device.objects.exists()


@pytest.mark.parametrize(
    "time", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2001-01-01"]
)
def test_a_clock_that_is_far_off_tells_nothing(client, time):
    answer = report(client, time=time)

    assert answer.status_code in (204, 400)
    assert not Device.objects.exclude(reported_at=None).exists()


@pytest.mark.parametrize("agent", ["a\0b", "x" * 9_000, "ÿ" * 40])
def test_odd_user_agents_do_no_harm(client, agent):
    assert report(client, agent).status_code == 204


def test_a_form_of_another_site_is_refused(client):
    said = {"consent": "true", "type": "phone"}

    assert client.post("/log-device", said).status_code == 415
    assert post(client, "{}", content_type="text/plain").status_code == 415
    assert client.get("/log-device").status_code == 405


def test_one_network_address_reports_so_many_devices_an_hour(client, settings):
    settings.DEVICES_PER_HOUR = 2

    assert [report(client).status_code for _ in range(3)] == [204, 204, 429]


def test_visits_are_deleted_when_their_time_is_over(client, settings):
    settings.DEVICE_DAYS = 10
    for days in (0, 2, 9, 11, 400):
        Device.objects.create(
            device_type="phone",
            visitor="somewhere",
            logged_at=timezone.now() - timedelta(days=days),
        )

    forget_old_devices()

    assert Device.objects.count() == 3
    assert Device.objects.exclude(visitor="").count() == 1


def test_visits_stay_where_no_time_is_set(client, settings):
    settings.DEVICE_DAYS = 0
    Device.objects.create(
        device_type="phone", logged_at=timezone.now() - timedelta(days=4_000)
    )

    forget_old_devices()

    assert Device.objects.count() == 1
