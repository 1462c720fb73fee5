"""Addresses that may be opened lead to nothing else by what stands behind them."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.urls import reverse

from marketing_os.roles import make_roles
from tests import make

pytestmark = pytest.mark.django_db

DROP_DOWNS = [
    (model._meta, name)
    for model, page in sorted(
        admin.site._registry.items(), key=lambda pair: pair[0]._meta.label
    )
    for name in page.autocomplete_fields
]


def choices(client, options, field):
    names = {
        "app_label": options.app_label,
        "model_name": options.model_name,
        "field_name": field,
    }
    return client.get(reverse("admin:autocomplete"), names)


@pytest.fixture
def office(client):
    """Sign in as somebody of a role, or of none."""

    def enter(*roles):
        make_roles()
        somebody = make.user()
        somebody.groups.set(Group.objects.filter(name__in=roles))
        client.force_login(somebody)
        return client

    return enter


@pytest.mark.parametrize(("options", "field"), DROP_DOWNS)
def test_a_drop_down_offers_nothing_to_who_may_not_see_it(office, options, field):
    assert choices(office(), options, field).status_code == 403
    assert choices(office("Administrator"), options, field).status_code == 200


@pytest.mark.parametrize("field", ["password", "is_superuser"])
def test_a_pop_up_gives_no_other_field_of_a_row(office, field):
    page = office("Administrator").get(
        reverse("admin:auth_user_changelist"), {"_popup": "1", "_to_field": field}
    )

    assert page.status_code == 400


def test_attendance_is_marked_in_the_session_of_the_page_alone(office):
    here, elsewhere = make.session(), make.booking(make.customer())
    url = reverse("admin:funnel_session_attendance", args=(here.pk,))

    office("Marketer").post(url, {"shown": f"{elsewhere.pk}:0", "came": elsewhere.pk})

    elsewhere.refresh_from_db()
    assert not elsewhere.attended
