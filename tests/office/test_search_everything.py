import pytest
from django.contrib.auth.models import Group

from marketing_os.roles import make_roles
from tests import make


@pytest.fixture
def find(client):
    def get(text, who=None):
        client.force_login(who or make.administrator())
        response = client.get("/admin/search/", {"s": text, "extended": "1"})
        assert response.status_code == 200
        return response.content.decode()

    return get


def test_pages_and_customers_are_found_by_their_names(find):
    make.customer(first_name="Grace", last_name="Hopper")

    assert "Grace Hopper" in find("hopp")
    assert "Funnel events" in find("funnel")


def test_nothing_is_found_that_the_person_may_not_see(find):
    make.customer(first_name="Grace", last_name="Hopper")

    assert "Grace Hopper" not in find("hopp", make.user())


def test_what_was_found_before_is_not_shown_to_somebody_who_lost_the_right(find):
    make_roles()
    make.customer(first_name="Grace", last_name="Hopper")
    viewer = make.user()
    viewer.groups.add(Group.objects.get(name="Viewer"))
    assert "Grace Hopper" in find("hopper", viewer)

    viewer.groups.clear()

    assert "Grace Hopper" not in find("hopper", viewer)


@pytest.mark.parametrize("text", ["", "%", "'", "\0", "a" * 5000, "<script>", ":*|&!"])
def test_odd_texts_are_answered(find, text):
    make.customer(first_name="Grace")

    assert "Grace" not in find(text)


def test_a_common_word_is_not_answered_with_everybody(find):
    for _ in range(12):
        make.customer(first_name="Grace")

    assert find("grace").count("Grace") <= 12 * 2
