from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from time_machine import travel

from marketing_os.lib.api.keys import create_key
from marketing_os.lib.tokens import make_token
from tests import make
from tests.portal.members import CENTRE

pytestmark = pytest.mark.django_db
OPEN = "/api/v1/member-sessions/"


def opened(host, **named):
    return host.post(OPEN, named, content_type="application/json")


def asked(token, keyword="Member"):
    return Client().get(CENTRE, headers={"authorization": f"{keyword} {token}"})


@pytest.mark.parametrize("name", ["lms_lead_id", "email", "customer_id"])
def test_a_host_opens_a_session_by_each_name_of_a_member(host, name):
    ada = make.customer()
    named = {name: ada.pk if name == "customer_id" else getattr(ada, name)}

    response = opened(host, **named)

    assert response.status_code == 201
    assert response.json()["customer_id"] == ada.pk
    assert response["Cache-Control"] == "no-store"
    assert asked(response.json()["token"]).status_code == 200


def test_a_session_ends_after_its_minutes(host, settings):
    settings.MEMBER_SESSION_MINUTES = 5
    token = opened(host, customer_id=make.customer().pk).json()["token"]

    with travel(timezone.now() + timedelta(minutes=4)):
        assert asked(token).status_code == 200
    with travel(timezone.now() + timedelta(minutes=6)):
        assert asked(token).status_code == 401


@pytest.mark.parametrize("field", ["erased_at", "archived_at"])
def test_the_token_of_somebody_who_left_opens_nothing(host, field):
    ada = make.customer()
    token = opened(host, customer_id=ada.pk).json()["token"]
    assert asked(token).status_code == 200

    setattr(ada, field, timezone.now())
    ada.save(update_fields=[field])

    assert asked(token).status_code == 401
    headers = {"authorization": f"Member {token}"}
    assert Client().get(f"{CENTRE}news/", headers=headers).status_code == 401
    assert opened(host, customer_id=ada.pk).status_code == 400


def test_a_token_made_for_anything_else_opens_nothing(host):
    ada = make.customer()
    end = int(timezone.now().timestamp()) + 600
    good = opened(host, customer_id=ada.pk).json()["token"]

    for purpose in ("member-cookie", "member-link", "preferences", "unsubscribe"):
        assert asked(make_token(purpose, ada.pk, end)).status_code == 401
    assert asked(good[:-1] + ("A" if good[-1] != "A" else "B")).status_code == 401
    assert asked(good, "Api-Key").status_code == 401
    assert asked("é" * 500).status_code == 401
    assert Client().get(CENTRE).status_code == 401
    assert asked(make_token("member-session", ada.pk, end)).status_code == 200


def test_a_login_of_staff_is_no_session_of_a_member(admin_client):
    assert admin_client.get(CENTRE).status_code == 401


def test_a_members_token_opens_nothing_else_of_the_api(host):
    token = opened(host, customer_id=make.customer().pk).json()["token"]

    for place in ("customers/", "deliveries/", "member-sessions/"):
        headers = {"authorization": f"Member {token}"}
        response = Client().post(f"/api/v1/{place}", headers=headers)
        assert response.status_code == 401, place


def test_a_test_key_gets_no_token():
    _key, secret = create_key("try", ["member-sessions:open"], is_test=True)
    host = Client(headers={"authorization": f"Api-Key {secret}"})

    response = opened(host, customer_id=make.customer().pk)

    assert response.json() == {"valid": True, "stored": False}


@pytest.mark.parametrize(
    "named",
    [{}, {"customer_id": 999_999_999}, {"email": "nobody@example.org"}, {"email": 7}],
)
def test_a_session_of_nobody_is_refused_with_a_sentence(host, named):
    response = opened(host, **named)

    assert response.status_code == 400
    assert response.json()["errors"]
