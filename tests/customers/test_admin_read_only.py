import pytest
from django.contrib.auth.models import Group

from customers.models import Customer
from tests import make
from tests.admin_urls import urls_of

pytestmark = pytest.mark.django_db

FORMS = [
    {},
    {"first_name": "Changed", "lms_lead_id": "changed", "name": "changed"},
    {"action": "delete_selected", "_selected_action": "1", "post": "yes"},
    {"post": "yes"},
    {"_save": "Save", "form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1"},
]


def test_no_post_to_any_address_changes_anything(admin_client):
    make.customer(pk=1)
    before = list(Customer.objects.values())

    statuses = {
        url: admin_client.post(url, form).status_code
        for url in urls_of(Customer, 1)
        for form in FORMS
    }

    assert list(Customer.objects.values()) == before
    assert all(status in (200, 302, 403, 404, 405) for status in statuses.values())
    for part in ("/add/", "/1/change/", "/1/delete/"):
        assert {s for url, s in statuses.items() if url.endswith(part)} == {403}


def test_the_same_posts_change_what_may_be_changed(admin_client):
    group = Group.objects.create(name="Short-lived")

    for url in urls_of(Group, group.pk):
        admin_client.post(url, {"post": "yes"})

    assert not Group.objects.filter(pk=group.pk).exists()
