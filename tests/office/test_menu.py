import pytest
from django.contrib.auth.models import Group

from marketing_os.navigation import MENU, sidebar
from marketing_os.roles import make_roles
from tests import make


def titles(rf, user):
    request = rf.get("/admin/")
    request.user = user
    return [str(item["title"]) for group in sidebar(request) for item in group["items"]]


def member_of(role):
    make_roles()
    person = make.user()
    person.groups.add(Group.objects.get(name=role))
    return person


def test_an_administrator_sees_every_page_that_exists(rf):
    seen = titles(rf, make.administrator())

    existing = [str(page.title) for _, pages in MENU for page in pages if page.url]
    assert seen == existing
    assert {"Home", "Customers", "Funnel events", "Users", "Schedules"} <= set(seen)


def test_a_viewer_sees_the_customers_but_not_the_users(rf):
    seen = titles(rf, member_of("Viewer"))

    assert "Customers" in seen
    assert not {"Users", "Groups", "API keys", "Schedules"} & set(seen)


def test_somebody_without_any_right_sees_only_the_home_page(rf):
    assert titles(rf, make.user()) == ["Home"]


def test_every_entry_of_the_menu_opens(client, rf):
    client.force_login(make.administrator())
    request = rf.get("/admin/")
    request.user = make.administrator()

    links = [item["link"] for group in sidebar(request) for item in group["items"]]

    assert len(links) > 20
    for link in links:
        assert client.get(link).status_code == 200, link


@pytest.mark.parametrize("app", ["axes", "otp_totp", "otp_static", "sites"])
def test_pages_of_libraries_that_are_not_ours_are_not_there(admin_client, app):
    assert admin_client.get(f"/admin/{app}/").status_code == 404
