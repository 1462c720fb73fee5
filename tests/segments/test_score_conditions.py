"""Segments of scores: what is refused, and how it is said and explained."""

import pytest

from segments.conditions import Catalogue, read_document
from segments.errors import ConditionError
from segments.models import CustomerScore, ScoreRefresh
from segments.services import audience
from tests import make

pytestmark = pytest.mark.django_db


def tree(**condition):
    return read_document({"version": 1} | condition, Catalogue())


def scored(risk, level=0):
    refresh, _made = ScoreRefresh.objects.get_or_create(is_current=True)
    customer = make.customer()
    CustomerScore.objects.create(
        customer=customer, refresh=refresh, risk=risk, level=level
    )
    return customer


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (
            {"type": "risk", "operator": "at_least", "value": 0.7},
            "Customers whose retention risk is at least 0.7.",
        ),
        (
            {"type": "risk", "operator": "is_not_set"},
            "Customers whose retention risk is not known.",
        ),
        (
            {"type": "activity_level", "operator": "at_most", "level": "medium"},
            "Customers whose activity level is at most medium.",
        ),
        (
            {"type": "classification", "operator": "is_not", "standing": "new"},
            "Customers not classified as “New Customer”.",
        ),
    ],
)
def test_they_are_said_in_words(condition, words):
    assert tree(**condition).words() == words


@pytest.mark.parametrize(
    ("condition", "path", "sentence"),
    [
        ({"type": "risk", "operator": "at_least", "value": 70}, "value", "from 0 to 1"),
        ({"type": "risk", "operator": "between", "value": [0, 2]}, "value", "0 to 1"),
        ({"type": "risk", "operator": "at_least"}, "value", "Enter a number."),
        ({"type": "risk", "operator": "equals", "value": 1}, "operator", "Choose one"),
        (
            {"type": "classification", "operator": "is", "standing": "bored"},
            "standing",
            "Choose one of: new, low_engagement, churn_risk, healthy.",
        ),
        ({"type": "activity_level", "operator": "is"}, "level", "Enter or choose"),
    ],
)
def test_nonsense_is_refused_with_its_path(condition, path, sentence):
    with pytest.raises(ConditionError, match=sentence) as refused:
        tree(**condition)

    assert refused.value.path == path


def test_a_risk_exactly_at_the_threshold_is_in():
    at, _below = scored(0.7), scored(0.6999)
    condition = {"version": 1, "type": "risk", "operator": "at_least", "value": 0.7}

    assert set(audience(make.segment(type="conditions", conditions=condition))) == {at}


def test_an_explanation_shows_the_score_that_was_seen(admin_client):
    customer = scored(0.85, level=2)
    rules = [
        {"type": "risk", "operator": "at_least", "value": 0.7},
        {"type": "activity_level", "operator": "is", "level": "high"},
        {"type": "classification", "operator": "is", "standing": "low_engagement"},
    ]
    segment = make.segment(type="conditions", conditions={"version": 1, "all": rules})

    page = admin_client.get(
        f"/admin/segments/segment/{segment.pk}/explain/", {"customer": customer.pk}
    ).content.decode()

    assert "0.85" in page
    assert "High" in page
    assert "done 0×" in page
