import csv
import io
from datetime import timedelta

import pytest
from django.utils import timezone

from customers.models import Device
from tests import make

pytestmark = pytest.mark.django_db
URL = "/admin/customers/device/"


def seen(device_type, width=390, height=844, days=0, **more):
    return Device.objects.create(
        device_type=device_type,
        screen_width=width,
        screen_height=height,
        logged_at=timezone.now() - timedelta(days=days),
        **more,
    )


def charts(admin_client):
    context = admin_client.get(URL).context
    weeks = [
        [kind["count"] for kind in week["types"]] for week in context["device_weeks"]
    ]
    return weeks, [screen["count"] for screen in context["screens"]]


def test_an_empty_list_says_how_devices_come(admin_client):
    assert "No device was seen yet." in admin_client.get(URL).content.decode()


def test_visits_are_counted_by_type_and_week_and_by_screen(admin_client):
    seen("phone")
    seen("phone", 844, 390)
    seen("tablet", 820, 1180)
    seen("desktop", 1920, 1080)
    seen("desktop", 2560, 1440, days=7)
    seen("desktop", None, None, days=200)

    weeks, screens = charts(admin_client)

    assert weeks == [[2, 1, 1], [0, 0, 1]]
    assert screens == [2, 1, 1, 1]


def test_of_very_many_visits_the_newest_are_counted(admin_client, monkeypatch):
    monkeypatch.setattr("customers.admin.devices.MOST_COUNTED", 3)
    for days in range(5):
        seen("phone", days=days)

    weeks, screens = charts(admin_client)

    assert sum(map(sum, weeks)) == sum(screens) == 3
    assert "The newest 3 visits, since" in admin_client.get(URL).content.decode()


def test_the_list_shows_whose_device_it_was(admin_client):
    ada = make.customer(first_name="Adalbert")
    seen("phone", customer=ada, user_agent="<script>alert(1)</script>")
    seen("tablet")

    page = admin_client.get(URL, {"who": "customer"}).content.decode()

    assert "Adalbert" in page
    assert "<script>alert(1)" not in page
    assert "390 × 844" in page


def test_visits_are_exported(admin_client):
    seen("phone", user_agent="=cmd()")
    form = admin_client.get(f"{URL}export/").context["form"]
    columns = {
        name: "on"
        for name, field in form.fields.items()
        if getattr(field, "is_selectable_field", False)
    }

    found = admin_client.post(
        f"{URL}export/", {"format": "0", "resource": "0"} | columns
    )

    text = b"".join(found.streaming_content).decode("utf-8-sig")
    [row] = csv.DictReader(io.StringIO(text))
    assert (row["device_type"], row["screen_width"]) == ("phone", "390")
    assert not row["user_agent"].startswith("=")


def test_nobody_changes_a_visit(admin_client):
    visit = seen("phone")

    assert admin_client.get(f"{URL}{visit.pk}/change/").status_code == 200
    assert admin_client.post(f"{URL}{visit.pk}/change/", {}).status_code == 403
    assert admin_client.get(f"{URL}add/").status_code == 403
