import pytest

from segments.models import SegmentMember, SegmentSnapshotMember
from segments.services import audience, forget_customer
from tests import make

pytestmark = pytest.mark.django_db


def newest(**overrides):
    return make.segment(
        type="function", handler_function="newest_customers", **overrides
    )


def test_a_customers_page_names_the_segments(admin_client):
    customer, other = make.customer(), make.customer()
    make.segment(customer, name="Friends")
    make.segment(other, name="Strangers")
    audience(newest(name="Newcomers"))
    newest(name="Never looked up")

    page = admin_client.get(customer.get_absolute_url()).content.decode()

    assert "Friends" in page
    assert "Newcomers" in page
    assert "Strangers" not in page
    assert "Never looked up" not in page


def test_only_the_newest_look_up_counts(admin_client):
    customer = make.customer()
    segment = newest(name="Newcomers")
    audience(segment)
    customer.archived_at = "2026-01-01T00:00Z"
    customer.save()
    audience(segment)

    page = admin_client.get(customer.get_absolute_url()).content.decode()

    assert "Newcomers" not in page


def test_a_forgotten_customer_is_nowhere():
    customer = make.customer()
    make.segment(customer)
    audience(newest())

    forget_customer(customer)

    assert not SegmentMember.objects.exists()
    assert not SegmentSnapshotMember.objects.exists()
