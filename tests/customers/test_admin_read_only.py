import pytest
from django.contrib.auth.models import User

from customers.models import AttributeDefinition, Customer
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


@pytest.mark.parametrize("model", [Customer, AttributeDefinition])
def test_no_post_to_any_address_changes_anything(admin_client, model):
    make.customer(pk=1)
    make.attribute("City", pk=1)
    before = list(model.objects.values())

    statuses = {
        url: admin_client.post(url, form).status_code
        for url in urls_of(model, 1)
        for form in FORMS
    }

    assert list(model.objects.values()) == before
    assert all(status in (200, 302, 403, 405) for status in statuses.values())
    for part in ("/add/", "/1/change/", "/1/delete/"):
        assert {s for url, s in statuses.items() if url.endswith(part)} == {403}


def test_the_same_posts_change_what_may_be_changed(admin_client):
    user = make.user(pk=999)

    for url in urls_of(User, user.pk):
        admin_client.post(url, {"post": "yes"})

    assert not User.objects.filter(pk=999).exists()
