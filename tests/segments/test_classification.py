"""New, Low Engagement, Churn Risk, Healthy: the first rule that holds decides."""

import datetime as dt
from decimal import Decimal

import pytest
from django.utils import timezone

from messaging.models import Delivery
from segments.classification import classify
from segments.models import ScoreSettings
from segments.services import SegmentError, audience
from tests import make
from tests.messaging import ledger

pytestmark = pytest.mark.django_db


def days_ago(days):
    return timezone.now() - dt.timedelta(days=days)


def buyer(*days, amount=60, **overrides):
    """A customer who bought so many days ago."""
    customer = make.customer(**overrides)
    for day in days:
        make.activity(
            customer, name="purchase", occurred_at=days_ago(day), amount=amount
        )
    return customer


def mail(customer, *, opened):
    delivery = ledger.dispatch(customer).deliveries.get()
    Delivery.objects.filter(pk=delivery.pk).update(
        state="accepted", accepted_at=days_ago(1), opened_at=opened
    )


def people():
    engaged = buyer()
    for _mail in range(3):
        mail(engaged, opened=days_ago(0.5))
    return {
        "New Customer": buyer(40, 50, email=""),
        "Low Engagement": buyer(40, amount=1_000),
        "Churn Risk": buyer(40, 50),
        "Healthy": engaged,
    }


def segment_of(standing, operator="is"):
    condition = {"type": "classification", "operator": operator, "standing": standing}
    return make.segment(type="conditions", conditions={"version": 1} | condition)


def test_each_rule_finds_its_own():
    for label, customer in people().items():
        assert classify(customer).standing.label == label


def test_a_stranger_is_new():
    assert classify(None).standing.label == "New Customer"


@pytest.mark.parametrize(
    ("days", "amount", "label"),
    [
        ((20, 50), 60, "Healthy"),  # bought lately
        ((40, 50), 49, "Healthy"),  # spends little
        ((40, 50), 50, "Churn Risk"),
        ((31, 31), 60, "Churn Risk"),
        ((30, 30), 60, "Healthy"),
    ],
)
def test_only_who_spends_much_and_bought_long_ago_is_at_risk(days, amount, label):
    assert classify(buyer(*days, amount=amount)).standing.label == label


def test_mails_that_only_a_program_opened_are_not_opened():
    customer = buyer(40)
    for _mail in range(3):
        mail(customer, opened=None)

    assert classify(customer).opens == 0
    assert classify(customer).standing.label == "Low Engagement"


def test_a_purchase_in_the_future_is_none_yet():
    assert classify(buyer(-2, -3)).purchases == 0


def test_a_segment_finds_whom_the_page_calls_so():
    found = people()

    for standing in ("new", "low_engagement", "churn_risk", "healthy"):
        inside, outside = segment_of(standing), segment_of(standing, "is_not")
        matching = {one for one in found.values() if classify(one).standing == standing}

        assert set(audience(inside)) == matching
        assert set(audience(outside)) == set(found.values()) - matching


def test_a_function_finds_them_too():
    found = people()
    segment = make.segment(
        type="function",
        handler_function="customers_classified_as",
        handler_parameters={"classification": "CHURN_RISK"},
    )

    assert set(audience(segment)) == {found["Churn Risk"]}


def test_a_function_refuses_what_is_no_classification():
    segment = make.segment(
        type="function",
        handler_function="customers_classified_as",
        handler_parameters={"classification": "Bored"},
    )

    with pytest.raises(SegmentError, match="“Classification” has no valid value"):
        audience(segment)


def test_the_customers_page_shows_it_with_its_facts(admin_client):
    customer = people()["Churn Risk"]

    page = admin_client.get(customer.get_absolute_url()).content.decode()

    assert "Churn Risk" in page
    assert "120.00" in page
    assert days_ago(40).strftime("%-d %b %Y") in page


def test_other_thresholds_hold_at_once(admin_client):
    customer = buyer(40, 50)
    form = {
        "purchase_names": "purchase",
        "visit_names": "",
        "horizon_days": 90,
        "medium_from": 2,
        "high_from": 8,
        "few_opens": 3,
        "few_purchases": 2,
        "purchase_days": 30,
        "high_spend": "120.01",
    }

    answer = admin_client.post("/admin/segments/scores/settings/", form)

    assert answer.status_code == 302
    assert ScoreSettings.current().high_spend == Decimal("120.01")
    assert classify(customer).standing.label == "Healthy"


def test_other_names_count_at_once():
    customer = buyer(40, 50)
    ScoreSettings.objects.create(pk=1, purchase_names=["membership"])

    assert classify(customer).purchases == 0
