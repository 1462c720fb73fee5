import json

import pytest

from customers.models import Customer
from funnel.models import Activity, FunnelEvent
from marketing_os.lib.api.keys import create_key
from tests import make
from tests.api.conftest import client_with

pytestmark = pytest.mark.django_db
URL = "/api/v1/customers/batch/"


def send(api, items, url=URL):
    return api.post(url, {"items": items}, format="json")


def test_a_bad_item_never_fails_its_neighbours_and_the_order_is_kept(api):
    response = send(
        api,
        [
            {"lms_lead_id": "A", "email": "a@example.org"},
            {"lms_lead_id": "B", "email": "no address"},
            "C",
            {"lms_lead_id": "D"},
        ],
    )

    body = response.json()
    ids = dict(Customer.objects.values_list("lms_lead_id", "pk"))
    assert response.status_code == 207
    assert body["created"] == 2
    assert body["rejected"] == 2
    assert [item["index"] for item in body["results"]] == [0, 1, 2, 3]
    assert body["results"][0] == {"index": 0, "status": "created", "id": ids["A"]}
    assert body["results"][1]["errors"] == [
        {"field": "items[1].email", "message": "This is not an e-mail address."}
    ]
    assert body["results"][2]["errors"][0]["field"] == "items[2]"
    assert body["results"][3]["id"] == ids["D"]


HOSTILE = {
    "not a number": (
        b'{"lms_lead_id": "B", "attributes": {"a": NaN}}',
        ".attributes.a",
    ),
    "too large": (b'{"lms_lead_id": "B", "attributes": {"a": 1e400}}', ".attributes.a"),
    "too long": (
        b'{"attributes": {"a": ' + b"9" * 5000 + b"}}",
        ".attributes.a",
    ),
    "a name twice": (b'{"lms_lead_id": "B", "lms_lead_id": "C"}', ""),
    "null character": (b'{"lms_lead_id": "B\\u0000"}', ".lms_lead_id"),
    "half a surrogate": (b'{"lms_lead_id": "\\ud800"}', ".lms_lead_id"),
    "nested": (
        b'{"lms_lead_id": "B", "attributes": ' + b'{"a":' * 20 + b"1" + b"}" * 21,
        ".attributes" + ".a" * 9,
    ),
}


@pytest.mark.parametrize(("item", "path"), HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("content_type", ["application/json", "application/x-ndjson"])
def test_hostile_json_harms_its_item_alone(api, item, path, content_type):
    good = b'{"lms_lead_id": "A"}'
    body = b'{"items": [%b, %b, %b]}' % (good, item, good.replace(b"A", b"Z"))
    if "ndjson" in content_type:
        body = b"\n".join((good, item, good.replace(b"A", b"Z")))

    response = api.post(URL, data=body, content_type=content_type)

    assert response.status_code == 207
    assert [one["status"] for one in response.json()["results"]] == [
        "created",
        "rejected",
        "created",
    ]
    error = response.json()["results"][1]["errors"][0]
    assert error["field"] == f"items[1]{path}"
    assert error["message"].endswith(".")
    assert set(Customer.objects.values_list("lms_lead_id", flat=True)) == {"A", "Z"}


def test_a_line_that_is_no_json_is_one_rejected_item(api):
    body = b'{"lms_lead_id": "A"}\r\n{"lms_lead_id": \n\n{"lms_lead_id": "B"}\n'

    response = api.post(URL, data=body, content_type="application/x-ndjson")

    results = response.json()["results"]
    assert [one["status"] for one in results] == ["created", "rejected", "created"]
    assert "not JSON" in results[1]["errors"][0]["message"]


BAD = [
    b"[]",
    b"{}",
    b'{"items": {}}',
    b'{"items": []}',
    b'{"items": [], "more": 1}',
    b'{"items": [',
    b"[" * 200_000,
    b"\xff",
    json.dumps({"items": [{}] * 1001}).encode(),
]


@pytest.mark.parametrize("body", BAD, ids=range(len(BAD)))
@pytest.mark.parametrize(
    "resource", ["customers", "attributes", "funnel-events", "activities"]
)
def test_a_body_that_is_no_batch_gets_a_sentence(api, resource, body):
    response = api.post(
        f"/api/v1/{resource}/batch/", data=body, content_type="application/json"
    )

    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["detail"].endswith(".")


@pytest.mark.parametrize(
    "headers",
    [
        {"content_type": "text/plain"},
        {"content_type": "application/xml"},
        {"content_type": "application/json", "HTTP_CONTENT_ENCODING": "gzip"},
    ],
)
@pytest.mark.parametrize("resource", ["activities/", "activities/batch/"])
def test_a_body_of_another_kind_is_refused(api, resource, headers):
    response = api.post(f"/api/v1/{resource}", data=b"{}", **headers)

    assert response.status_code == 415
    assert response.json()["detail"].endswith(".")


def test_events_come_in_batches_and_an_external_id_counts_once(api):
    ada = make.customer(lms_lead_id="A")
    event = {
        "lms_lead_id": "A",
        "name": "purchase",
        "amount": "10.50",
        "external_id": "order-1",
    }

    first = send(
        api, [event, event, {**event, "external_id": ""}], "/api/v1/activities/batch/"
    )
    again = send(api, [event], "/api/v1/activities/batch/")

    statuses = [one["status"] for one in first.json()["results"]]
    ids = [one["id"] for one in first.json()["results"]]
    assert statuses == ["created", "unchanged", "created"]
    assert ids[0] == ids[1] != ids[2]
    assert again.json()["results"] == [
        {"index": 0, "status": "unchanged", "id": ids[0]}
    ]
    assert Activity.objects.filter(customer=ada).count() == 2


def test_a_thousand_moves_come_in_at_once(api):
    make.customer(lms_lead_id="A")
    moves = [
        {"lms_lead_id": "A", "funnel_type": "sales", "to_stage": f"stage {number}"}
        for number in range(1000)
    ]

    response = send(api, moves, "/api/v1/funnel-events/batch/")

    assert response.json()["created"] == 1000
    stages = FunnelEvent.objects.order_by("id").values_list("to_stage", flat=True)
    assert list(stages) == [move["to_stage"] for move in moves]


def test_attributes_come_in_batches(api):
    ada = make.customer(lms_lead_id="A")
    one = {"lms_lead_id": "A", "field_type": "numeric"}

    response = send(
        api,
        [
            {**one, "field_name": "age", "field_value": 30},
            {**one, "field_name": "score", "field_value": "high"},
        ],
        "/api/v1/attributes/batch/",
    )

    ada.refresh_from_db()
    assert response.json()["results"][1]["errors"][0]["field"] == "items[1].field_value"
    assert ada.attributes == {"age": 30}


@pytest.mark.parametrize("resource", ["customers", "activities"])
def test_a_test_key_checks_a_batch_and_stores_nothing(resource):
    make.customer(lms_lead_id="A")
    _key, secret = create_key(
        "trial", ["customers:write", "events:write"], is_test=True
    )
    items = [{"lms_lead_id": "A", "name": "login"}, {"email": "?", "name": "login"}]
    if resource == "customers":
        items = [{"lms_lead_id": "N"}, {"email": "?"}]

    response = send(client_with(secret), items, f"/api/v1/{resource}/batch/")

    assert response.json()["stored"] is False
    assert response.json()["created"] == 1
    assert response.json()["rejected"] == 1
    assert Customer.objects.count() == 1
    assert not Activity.objects.exists()
