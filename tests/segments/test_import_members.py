import pytest

from imports.services import ingest_rows
from segments.services import audience
from tests import make

pytestmark = pytest.mark.django_db


def statuses(*rows):
    return [
        (result.status, [text for _field, text in result.errors])
        for result in ingest_rows("segment_members", rows, source="test")
    ]


def test_rows_put_customers_onto_lists():
    ada, grace = make.customer(lms_lead_id="L1"), make.customer(email="g@example.org")
    friends = make.segment(ada, name="Friends")

    found = statuses(
        {"lms_lead_id": "L1", "segment": "Friends"},
        {"email": "G@example.org", "segment": "Friends"},
    )

    assert found == [("unchanged", []), ("created", [])]
    assert set(audience(friends)) == {ada, grace}


def test_rows_that_make_no_sense_are_rejected_with_a_reason():
    make.customer(lms_lead_id="L1")
    make.segment(name="Friends")
    make.segment(name="Rule", type="function")

    found = statuses(
        {"lms_lead_id": "nobody", "segment": "Friends"},
        {"lms_lead_id": "L1", "segment": "Nowhere"},
        {"lms_lead_id": "L1", "segment": "Rule"},
        {"lms_lead_id": "L1", "segment": "Friends"},
        {"lms_lead_id": "L1", "segment": "Friends"},
    )

    assert [status for status, _errors in found] == [
        "rejected",
        "rejected",
        "rejected",
        "created",
        "rejected",
    ]
    assert found[1][1] == ["There is no segment of this name."]
    assert found[2][1] == ["This segment finds its customers by itself."]
    assert "stands in line" in found[4][1][0]
