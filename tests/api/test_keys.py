from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone
from rest_framework.test import APIClient

from funnel.models import Activity
from marketing_os.lib.api.keys import create_key, revoke_key
from marketing_os.lib.models import ApiKey
from tests import make
from tests.api.conftest import client_with

pytestmark = pytest.mark.django_db
URL = "/api/v1/customers/"


def test_without_a_key_nothing_is_told():
    response = APIClient().get(URL)

    assert response.status_code == 401
    assert response["Content-Type"] == "application/problem+json"


def test_the_command_prints_a_key_that_works(capsys):
    call_command("create_api_key", "website", "--scope", "customers:read")

    secret = capsys.readouterr().out.strip()
    assert client_with(secret).get(URL).status_code == 200


def test_the_key_itself_is_not_kept():
    _key, secret = create_key("website", ["customers:read"])

    stored = ApiKey.objects.values().get()

    assert secret not in str(stored)
    assert secret.split("_")[3] not in str(stored)


def test_a_revoked_key_is_refused_at_once():
    key, secret = create_key("website", ["customers:read"])

    revoke_key(key)

    assert client_with(secret).get(URL).status_code == 401


@pytest.mark.parametrize("url", ["activities/", "activities/batch/"])
def test_a_key_revoked_between_two_events_writes_nothing_more(url):
    make.customer(lms_lead_id="A")
    key, secret = create_key("shop", ["events:write"])
    event = {"lms_lead_id": "A", "name": "login"}
    body = event if url == "activities/" else {"items": [event]}
    client = client_with(secret)
    client.post(f"/api/v1/{url}", body, format="json")

    revoke_key(key)
    response = client.post(f"/api/v1/{url}", body, format="json")

    assert response.status_code == 401
    assert Activity.objects.count() == 1


def test_an_expired_key_is_refused():
    yesterday = timezone.now() - timedelta(days=1)
    _key, secret = create_key("old", ["customers:read"], expires_at=yesterday)

    assert client_with(secret).get(URL).status_code == 401


@pytest.mark.parametrize("change", ["", "-", "_", "é", "\n"])
def test_a_changed_key_is_refused(change):
    _key, secret = create_key("website", ["customers:read"])

    client = client_with(secret[:-1] + change)

    assert client.get(URL).status_code == 401


def test_a_key_does_only_what_its_scopes_say():
    _key, secret = create_key("reader", ["customers:read"])
    client = client_with(secret)

    response = client.post(URL, {"lms_lead_id": "L1"}, format="json")

    assert response.status_code == 403
    assert "customers:write" in response.json()["detail"]
    assert client.get("/api/v1/activities/").status_code == 403


def test_use_of_a_key_is_noted():
    key, secret = create_key("website", ["customers:read"])

    client_with(secret).get(URL)

    key.refresh_from_db()
    assert key.last_used_at is not None


def test_staff_make_a_key_and_see_it_once(client):
    client.force_login(make.administrator())

    response = client.post(
        "/admin/lib/apikey/add/",
        {"name": "website", "scopes": ["customers:read"]},
    )

    secret = response.context["secret"]
    assert "no-store" in response["Cache-Control"]
    assert client_with(secret).get(URL).status_code == 200
    page = client.get(f"/admin/lib/apikey/{ApiKey.objects.get().pk}/change/")
    assert secret not in page.content.decode()


def test_staff_revoke_a_key_after_a_question(client):
    client.force_login(make.administrator())
    key, secret = create_key("website", ["customers:read"])
    url = f"/admin/lib/apikey/{key.pk}/revoke/"

    asked = client.get(url)
    assert asked.status_code == 200
    assert client_with(secret).get(URL).status_code == 200

    client.post(url)
    assert client_with(secret).get(URL).status_code == 401


def test_staff_without_the_right_cannot_revoke(client):
    client.force_login(make.user())
    key, secret = create_key("website", ["customers:read"])

    response = client.post(f"/admin/lib/apikey/{key.pk}/revoke/")

    assert response.status_code == 403
    assert client_with(secret).get(URL).status_code == 200
