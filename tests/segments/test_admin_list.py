import pytest
from django.urls import reverse

from segments.services import audience
from tests import make

pytestmark = pytest.mark.django_db

LIST = "/admin/segments/segment/"


def test_the_list_shows_each_segment_with_what_is_known(admin_client):
    make.segment(make.customer(), make.customer(), name="Friends")
    audience(
        make.segment(
            type="function", handler_function="newest_customers", name="Newest"
        )
    )
    make.segment(type="sql", selection_sql="SELECT 1", name="Untouched")

    page = admin_client.get(LIST).content.decode()

    for text in ("Friends", "Always current", "Newest", "Untouched", "Never"):
        assert text in page


def test_opening_the_list_looks_nothing_up(admin_client):
    broken = make.segment(type="function", handler_function="gone")

    assert admin_client.get(LIST).status_code == 200
    assert admin_client.get(broken.get_absolute_url()).status_code == 200
    assert broken.snapshots.count() == 0


def test_the_list_is_searched_by_name_and_type(admin_client):
    make.segment(name="Friends")
    make.segment(name="Fans", type="function")

    by_name = admin_client.get(LIST, {"q": "frie"}).content.decode()
    by_type = admin_client.get(LIST, {"type": "function"}).content.decode()

    assert "Friends" in by_name
    assert "Fans" not in by_name
    assert "Fans" in by_type
    assert "Friends" not in by_type


def test_the_list_asks_few_questions(admin_client, django_assert_max_num_queries):
    for _number in range(12):
        make.segment(make.customer())

    with django_assert_max_num_queries(12):
        admin_client.get(LIST)


def test_a_segment_in_use_is_not_deleted(admin_client):
    segment = make.segment(name="Needed")
    make.automation(segment=segment, name="Weekly news")
    url = reverse("admin:segments_segment_delete", args=(segment.pk,))

    asked = admin_client.get(url, follow=True).content.decode()
    admin_client.post(url, {"post": "yes"})
    admin_client.post(
        LIST, {"action": "delete_selected", "_selected_action": segment.pk, "post": "y"}
    )

    assert "automation “Weekly news”, so it cannot be deleted" in asked
    segment.refresh_from_db()


def test_a_segment_that_nothing_uses_is_deleted_with_its_list(admin_client):
    segment = make.segment(make.customer())
    url = reverse("admin:segments_segment_delete", args=(segment.pk,))

    assert admin_client.get(url).status_code == 200
    admin_client.post(url, {"post": "yes"})

    assert not type(segment).objects.filter(pk=segment.pk).exists()
