"""Values that are well-formed and would break what reads them later."""

import pytest
from rest_framework.test import APIClient

from tests import make

pytestmark = pytest.mark.django_db
LAST = "9999-12-31T23:59:59-14:00"
MOMENTS = {
    "activities": {"lms_lead_id": "A", "name": "login", "occurred_at": LAST},
    "funnel-events": {
        "lms_lead_id": "A",
        "funnel_type": "sales",
        "to_stage": "won",
        "created_date": LAST,
    },
    "customers": {"lms_lead_id": "B", "created_date": LAST},
    "consents": {
        "lms_lead_id": "A",
        "status": "withdrawn",
        "evidence": "By phone",
        "occurred_at": LAST,
    },
    "attributes": {
        "lms_lead_id": "A",
        "field_type": "timestamp",
        "field_name": "ends_at",
        "field_value": LAST,
    },
}


@pytest.mark.parametrize(("resource", "row"), MOMENTS.items(), ids=MOMENTS.keys())
def test_a_moment_beyond_the_calendar_is_refused(api, resource, row):
    make.customer(lms_lead_id="A")
    url = f"/api/v1/{resource}/"

    response = api.post(url, row, format="json")

    assert response.status_code == 400
    assert response.json()["errors"][0]["message"].endswith(".")
    assert api.get(url).status_code == 200


@pytest.mark.parametrize("resource", ["activities", "customers"])
@pytest.mark.parametrize("part", ["\0", "%", "' OR 1=1 --", "a" * 10_000])
def test_a_key_of_odd_letters_is_unknown(resource, part):
    header = f"Api-Key mos_live_{part}_x"

    response = APIClient().post(
        f"/api/v1/{resource}/", {}, format="json", HTTP_AUTHORIZATION=header
    )

    assert response.status_code == 401
