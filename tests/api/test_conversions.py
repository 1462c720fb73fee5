"""Conversions are recorded once, start workflows, and answer with all of them."""

import pytest

from automations.models import Enrolment
from funnel.models import ConversionName, FunnelEvent
from marketing_os.lib.api.keys import SCOPES, create_key
from tests import make
from tests.api.conftest import client_with
from tests.imports.conftest import (  # noqa: F401
    _files_go_to_a_folder_of_the_test,
    check,
    counts,
    load,
    upload,
)
from tests.parallel import in_parallel
from tests.workflows.make import run, tag, tags_of, trigger, workflow

pytestmark = pytest.mark.django_db
HISTORY = """lms_lead_id,funnel_type,to_stage,created_date
L1,conversion,signup,2026-01-05
L1,conversion,upgrade,2026-02-05
L1,conversion,signup,2026-03-05
"""


def convert(api, name, **body):
    return api.post(f"/api/v1/conversions/{name}/", body, format="json")


def names(answer):
    return [one["name"] for one in answer.json()["conversions"]]


def conversions():
    return FunnelEvent.objects.filter(funnel_type="conversion")


def on_signup():
    return trigger("funnel_move", funnel_type="conversion", to_stage="signup")


def test_it_answers_with_the_conversions_of_the_customer(api):
    ada = make.customer()

    first = convert(api, "signup", customer_id=ada.pk)
    second = convert(api, "attend_first_session", lms_lead_id=ada.lms_lead_id)

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["customer_id"] == ada.pk
    assert names(first) == ["signup"]
    assert names(second) == ["signup", "attend_first_session"]


def test_the_same_conversion_again_is_answered_the_same(api):
    ada = make.customer()

    first = convert(api, "signup", customer_id=ada.pk)
    again = convert(api, "signup", customer_id=ada.pk)

    assert again.status_code == 200
    assert again.json() == first.json()
    assert conversions().count() == 1


@pytest.mark.parametrize(
    "name",
    ["signup", "attend_first_session", "upgrade", "attend_first_paid_session"],
)
def test_the_product_knows_the_way_of_members(api, name):
    assert convert(api, name, customer_id=make.customer().pk).status_code == 201


def test_staff_add_names(api):
    ConversionName.objects.create(name="bring_a_friend")

    answer = convert(api, "bring_a_friend", customer_id=make.customer().pk)

    assert names(answer) == ["bring_a_friend"]


@pytest.mark.parametrize("name", ["login", "Signup", "%00", "batch", "a" * 3000])
def test_an_unknown_name_is_answered_with_the_known_ones(api, name):
    answer = convert(api, name, customer_id=make.customer().pk)

    assert answer.status_code == 404
    assert "signup, attend_first_session, upgrade" in answer.json()["detail"]
    assert not conversions().exists()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"customer_id": 0},
        {"customer_id": 10**30},
        {"lms_lead_id": "nobody"},
        {"customer_id": "x"},
        {"lms_lead_id": "\0"},
        {"customer_id": 1, "occurred_at": "yesterday"},
        {"customer_id": 1, "occurred_at": "9999-12-31T23:59:59-14:00"},
    ],
)
def test_a_customer_that_is_not_there_is_refused(api, body):
    answer = convert(api, "signup", **body)

    assert answer.status_code == 400
    assert answer.json()["errors"]


def test_a_conversion_starts_its_workflow_once(api):
    workflow(tag("welcome"), on=on_signup())
    ada = make.customer()

    convert(api, "upgrade", customer_id=ada.pk)
    run()
    assert tags_of(ada) == set()

    convert(api, "signup", customer_id=ada.pk)
    convert(api, "signup", customer_id=ada.pk)
    run()

    assert tags_of(ada) == {"welcome"}
    assert Enrolment.objects.count() == 1


def test_a_test_key_records_nothing():
    _key, secret = create_key("trial", list(SCOPES), is_test=True)
    ada = make.customer()

    answer = convert(client_with(secret), "signup", customer_id=ada.pk)

    assert answer.json() == {"valid": True, "stored": False}
    assert not conversions().exists()


def test_who_may_only_write_reads_no_other_conversions(api):
    ada = make.customer()
    convert(api, "upgrade", customer_id=ada.pk)
    _key, secret = create_key("writer", ["events:write"])

    answer = convert(client_with(secret), "signup", customer_id=ada.pk)

    assert names(answer) == ["signup"]


def test_a_list_tells_the_conversions_of_a_customer(api):
    ada, bob = make.customer(), make.customer()
    make.funnel_event(ada, "Contacted")
    convert(api, "signup", customer_id=ada.pk)
    convert(api, "signup", customer_id=bob.pk)

    found = api.get("/api/v1/conversions/", {"lms_lead_id": ada.lms_lead_id}).json()

    assert [(one["customer_id"], one["name"]) for one in found["results"]] == [
        (ada.pk, "signup")
    ]


def test_history_comes_by_file_and_is_not_recorded_twice(api, load):  # noqa: F811
    ada = make.customer(lms_lead_id="L1")
    workflow(tag("welcome"), on=on_signup())

    job = load(HISTORY, "funnel_events")
    answer = convert(api, "signup", customer_id=ada.pk)
    run()

    assert counts(job) == (2, 0, 1, 0)
    assert answer.status_code == 200
    assert names(answer) == ["signup", "upgrade"]
    assert counts(load(HISTORY, "funnel_events")) == (0, 0, 3, 0)
    assert tags_of(ada) == set()


@pytest.mark.django_db(transaction=True)
def test_events_that_are_published_convert_once_too(api):
    ada = make.customer()
    convert(api, "signup", customer_id=ada.pk)
    event = {"customer_id": ada.pk, "funnel_type": "conversion", "to_stage": "signup"}

    one = api.post("/api/v1/funnel-events/", event, format="json")
    many = api.post(
        "/api/v1/funnel-events/batch/",
        {"items": [event, event | {"to_stage": "upgrade"}, event]},
        format="json",
    )

    assert one.status_code == 200
    assert [item["status"] for item in many.json()["results"]] == [
        "unchanged",
        "created",
        "unchanged",
    ]
    assert conversions().count() == 2


@pytest.mark.django_db(transaction=True)
def test_of_many_clients_at_once_one_records_it():
    workflow(tag("welcome"), on=on_signup())
    ada = make.customer()
    _key, secret = create_key("clients", list(SCOPES))

    def post(_number):
        return convert(client_with(secret), "signup", customer_id=ada.pk).status_code

    answers = in_parallel(post, 8)
    run()

    assert sorted(answers) == [200] * 7 + [201]
    assert conversions().count() == 1
    assert Enrolment.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_moves_that_are_no_conversions_are_recorded_each_time():
    ada = make.customer()
    _key, secret = create_key("clients", list(SCOPES))
    move = {"customer_id": ada.pk, "funnel_type": "sales", "to_stage": "signup"}

    def post(_number):
        client = client_with(secret)
        return client.post("/api/v1/funnel-events/", move, format="json").status_code

    assert in_parallel(post, 8) == [201] * 8
    assert FunnelEvent.objects.count() == 8
