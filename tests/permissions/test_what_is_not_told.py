"""Whoever is refused does not learn from the refusal what there is."""

import pytest
from django.urls import reverse

from tests import make
from tests.permissions.answers import answer
from tests.permissions.people import NO_ROLE
from tests.permissions.routes import all_routes
from tests.portal.members import told
from tests.portal.signed import sign_in

pytestmark = pytest.mark.django_db
NOBODYS = 2**40


def absent(crowd, route):
    """The address with the ID of nothing; the same where there is no ID in it."""
    values = crowd.world.values_of(route)
    return route.path([NOBODYS if type(one) is int else one for one in values])


def present(crowd, route):
    return route.path(crowd.world.values_of(route))


@pytest.mark.parametrize(
    ("who", "part"), [(NO_ROLE, "/admin/"), ("member B", "/me/"), ("anonymous", "/me/")]
)
def test_what_is_there_is_refused_like_what_is_not(crowd, who, part):
    person = crowd.people[who]
    asked = [
        (method, present(crowd, route), absent(crowd, route))
        for route in all_routes()
        for method in route.methods
        if part in route.text and present(crowd, route) != absent(crowd, route)
    ]

    differing = [
        (method, there)
        for method, there, not_there in asked
        if answer(person, method, there) != answer(person, method, not_there)
    ]

    assert asked
    assert differing == []


def test_a_list_does_not_show_what_somebody_else_dismissed(client):
    owner, stranger = make.customer(), make.customer()
    theirs = told(owner, title="For the owner alone", dismissed_at="2026-01-01T00:00Z")
    sign_in(client, stranger)

    page = client.get(
        reverse("portal:notifications"), {"dismissed": theirs.pk, "before": theirs.pk}
    )

    assert page.status_code == 200
    assert "For the owner alone" not in page.content.decode()
