import pytest

from customers.models import Customer

pytestmark = pytest.mark.django_db

HOSTILE = {
    "not a number": b'{"lms_lead_id": "L1", "attributes": {"score": NaN}}',
    "infinity": b'{"lms_lead_id": "L1", "attributes": {"score": 1e999}}',
    "endless number": b'{"attributes": {"score": ' + b"9" * 5000 + b"}}",
    "name twice": b'{"lms_lead_id": "L1", "lms_lead_id": "L2"}',
    "null character": b'{"lms_lead_id": "L\\u0000"}',
    "half a surrogate": b'{"lms_lead_id": "\\ud800"}',
    "200,000 levels": b"[" * 200_000,
    "deep but closed": b'{"a":' * 5000 + b"1" + b"}" * 5000,
    "not UTF-8": b'{"lms_lead_id": "\xff"}',
    "cut off": b'{"lms_lead_id": ',
    "empty": b"",
    "a list": b"[]",
    "a text": b'"L1"',
    "null": b"null",
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize(
    "resource", ["customers", "attributes", "funnel-events", "activities"]
)
def test_a_bad_body_gets_a_sentence_and_stores_nothing(api, resource, body):
    response = api.post(
        f"/api/v1/{resource}/", data=body, content_type="application/json"
    )

    problem = response.json()
    assert 400 <= response.status_code < 500
    assert response["Content-Type"] == "application/problem+json"
    assert problem["detail"].endswith(".")
    assert Customer.objects.count() == 0


def test_a_body_past_the_limit_is_refused(api, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000

    response = api.post(
        "/api/v1/customers/", {"lms_lead_id": "x" * 2000}, format="json"
    )

    assert response.status_code == 413


def test_another_content_type_is_refused(api):
    response = api.post("/api/v1/customers/", data="a=b", content_type="text/plain")

    assert response.status_code == 415
