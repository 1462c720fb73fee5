import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import Group

from marketing_os.roles import make_roles
from segments.models import Segment
from segments.selectors import seg_views
from segments.services import check_sql
from segments.sql_examples import EXAMPLES
from tests import make

TABLES = "/admin/segments/segment/tables/"
ADD = "/admin/segments/segment/add/"


def member_of(role):
    make_roles()
    person = make.user()
    person.groups.add(Group.objects.get(name=role))
    return person


@pytest.mark.django_db
def test_every_table_is_explained_with_all_its_columns_and_an_example(admin_client):
    make.attribute("city")
    make.attribute("illness", sensitive=True)

    page = admin_client.get(TABLES).content.decode()

    views = seg_views()
    assert {view.name for view in views} == {one.view for one in EXAMPLES}
    for view in views:
        assert view.comment in page
        for column in view.columns:
            assert column.comment, f"{view.name}.{column.name} has no meaning"
            assert column.name in page
    assert "city" in page
    assert "illness" not in page


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: str(one.title))
def test_every_example_is_valid_sql(sql_segments, example):
    check_sql(example.sql)


def test_an_example_becomes_a_segment(sql_segments, client):
    client.force_login(member_of("Analyst"))
    page = client.get(TABLES).content.decode()
    link = unescape(re.search(rf'href="({ADD}[^"]+)"', page).group(1))

    form = client.get(link).context["adminform"].form

    filled_in = parse_qs(urlsplit(link).query)
    assert form["selection_sql"].value() == filled_in["selection_sql"][0]
    assert form["type"].value() == "sql"


@pytest.mark.django_db
def test_who_may_not_write_sql_reads_the_page_without_buttons(client):
    client.force_login(member_of("Viewer"))

    page = client.get(TABLES).content.decode()

    assert "customer_attributes" in page
    assert "data-try-example" not in page
    assert ADD not in page


@pytest.mark.django_db
def test_who_may_see_no_segments_does_not_see_the_page(client):
    client.force_login(make.user())

    assert client.get(TABLES).status_code == 403


def test_an_analyst_makes_sql_segments_and_sends_nothing(sql_segments, client):
    customer = make.customer(first_name="Ada")
    client.force_login(member_of("Analyst"))
    sql = "SELECT id FROM customers WHERE first_name = 'Ada'"

    tried = client.post(
        "/admin/segments/segment/try/", {"type": "sql", "selection_sql": sql}
    )
    client.post(ADD, {"name": "Adas", "type": "sql", "selection_sql": sql})
    refused = [
        client.get("/admin/automations/automation/add/").status_code,
        client.get("/admin/messaging/messagetemplate/add/").status_code,
        client.get("/admin/customers/customer/import/").status_code,
    ]

    assert customer.email in tried.content.decode()
    assert Segment.objects.get(name="Adas").selection_sql == sql
    assert refused == [403, 403, 403]
