import re

import pytest

from segments.services import save_segment
from tests import make

pytestmark = pytest.mark.django_db


def history_url(segment):
    return f"/admin/segments/segment/{segment.pk}/history/"


def lines(page, kind):
    return re.findall(
        rf'<tr class="mos-diff-{kind}">.*?mos-diff-text">(.*?)</td>', page, re.S
    )


def named(value):
    return {
        "version": 1,
        "type": "field",
        "field": "first_name",
        "operator": "equals",
        "value": value,
    }


def test_a_change_of_sql_is_shown_line_by_line(admin_client, admin_user):
    segment = make.segment(type="sql", selection_sql="SELECT id\nFROM customers")
    save_segment(segment, by=admin_user)
    segment.selection_sql = "SELECT id\nFROM customers\nWHERE mobile > ''"
    save_segment(segment, by=admin_user)

    page = admin_client.get(history_url(segment)).content.decode()

    newest = page.split("See it as it was then")[1]
    assert lines(newest, "added") == ["WHERE mobile &gt; &#x27;&#x27;"]
    assert lines(newest, "removed") == []
    assert f"By {admin_user}." in page


def test_a_change_of_conditions_is_shown_line_by_line(admin_client):
    segment = make.segment(type="conditions", conditions=named("Ada"))
    save_segment(segment)
    segment.conditions = named("Zoë")
    save_segment(segment)

    page = admin_client.get(history_url(segment)).content.decode()

    newest = page.split("See it as it was then")[1]
    assert any("Zoë" in line for line in lines(newest, "added"))
    assert any("Ada" in line for line in lines(newest, "removed"))


def test_many_changes_are_shown_in_pages(admin_client):
    segment = make.segment(name="First name")
    for number in range(24):
        segment.name = f"Name {number}"
        save_segment(segment)

    first = admin_client.get(history_url(segment)).content.decode()
    second = admin_client.get(history_url(segment), {"p": "2"}).content.decode()
    strange = admin_client.get(history_url(segment), {"p": "9" * 5000})

    # The oldest change of the first page is beside the newest of the second one.
    assert lines(first, "removed")[-1] == "Name 3"
    assert "Name 3" in lines(second, "added")
    assert strange.status_code == 200


def test_a_segment_without_changes_says_so(admin_client):
    segment = make.segment()
    segment.history.all().delete()

    page = admin_client.get(history_url(segment)).content.decode()

    assert "No change is on record." in page


def test_who_may_not_see_segments_sees_no_history(client):
    segment = make.segment()
    client.force_login(make.user())

    assert client.get(history_url(segment)).status_code == 403
