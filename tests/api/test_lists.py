import csv
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from customers.services import define_attributes
from marketing_os.lib.api.keys import create_key
from marketing_os.lib.models import ExportRecord
from tests import make
from tests.api.conftest import client_with

pytestmark = pytest.mark.django_db
RESOURCES = [
    "customers",
    "attributes",
    "funnel-events",
    "activities",
    "tags",
    "consents",
    "offers",
    "credits",
    "segments",
    "deliveries",
    "automations",
]


def rows_of(response):
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("resource", RESOURCES)
def test_each_list_comes_as_csv(api, resource):
    response = api.get(f"/api/v1/{resource}/", {"format": "csv"})

    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/csv")
    assert rows_of(response) == []


def test_a_csv_holds_what_the_filters_leave_and_no_formula(api):
    make.customer(first_name="=HYPERLINK(1)", lms_lead_id="A", attributes={"a": 1})
    make.customer(lms_lead_id="B")

    rows = rows_of(api.get("/api/v1/customers/", {"format": "csv", "lms_lead_id": "A"}))

    assert [row["lms_lead_id"] for row in rows] == ["A"]
    assert rows[0]["first_name"] == "'=HYPERLINK(1)"
    assert ExportRecord.objects.get().by == "API key tests"


def test_a_list_comes_as_a_workbook(api):
    make.customer(lms_lead_id="A")

    response = api.get("/api/v1/customers/", {"format": "xlsx"})

    book = load_workbook(io.BytesIO(b"".join(response.streaming_content)))
    assert [row[1].value for row in book.active.rows] == ["lms_lead_id", "A"]


def test_sensitive_attributes_are_not_in_a_file_either():
    define_attributes({"age": "numeric", "challenge": "string"})
    make.attribute("health", sensitive=True)
    make.customer(attributes={"age": 30, "health": "asthma"})
    _key, secret = create_key("reader", ["customers:read"])

    for resource in ("customers", "attributes"):
        response = client_with(secret).get(f"/api/v1/{resource}/", {"format": "csv"})
        text = str(rows_of(response))
        assert "30" in text
        assert "asthma" not in text


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ({"customer_id": "x"}, "customer_id"),
        ({"customer_id": "0"}, "customer_id"),
        ({"customer_id": "9" * 40}, "customer_id"),
        ({"created_after": "yesterday"}, "created_after"),
        ({"created_after": "0001-01-01T00:00:00+14:00"}, "created_after"),
        ({"funnel_type": "party"}, "funnel_type"),
        ({"external_id": "x" * 400}, "external_id"),
        ({"page_size": "501"}, "page_size"),
        ({"page_size": "x"}, "page_size"),
        ({"format": "pdf"}, "format"),
    ],
)
def test_a_bad_parameter_is_named(api, query, name):
    response = api.get("/api/v1/funnel-events/", query)

    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == name


@pytest.mark.parametrize("spelling", ["{}.0", "{}.", " {} "])
def test_attributes_of_a_customer_are_found_however_the_number_is_spelled(
    api, spelling
):
    define_attributes({"course": "string"})
    ada = make.customer(attributes={"course": "MBA"})
    make.customer(attributes={"course": "BA"})

    found = api.get("/api/v1/attributes/", {"customer_id": spelling.format(ada.pk)})

    assert found.status_code == 200
    assert [row["field_value"] for row in found.json()["results"]] == ["MBA"]


@pytest.mark.parametrize(
    "cursor", ["cD1hYmM=", "cD0tMQ==", "cD05OTk5OTk5OTk5OTk5OTk5OTk5OTk5"]
)
@pytest.mark.parametrize("resource", ["attributes", "activities"])
def test_an_odd_cursor_is_refused(api, resource, cursor):
    response = api.get(f"/api/v1/{resource}/", {"cursor": cursor})

    assert response.status_code in (400, 404)


@pytest.fixture
def many():
    define_attributes({"age": "numeric", "plan": "string", "score": "numeric"})
    make.attribute("health", sensitive=True)
    for number in range(12):
        extra = {"plan": "gold"} if number % 2 else {"score": number}
        make.customer(
            attributes={"age": number, **extra} if number % 3 else {"health": 1}
        )


def walk(api, query):
    """All rows, page by page forward, and again backward."""
    seen, url = [], "/api/v1/attributes/"
    page = api.get(url, query).json()
    while True:
        seen += page["results"]
        if not page["next"]:
            break
        page = api.get(page["next"]).json()
    behind = list(reversed(page["results"]))
    while page["previous"]:
        page = api.get(page["previous"]).json()
        behind += list(reversed(page["results"]))
    return [row["id"] for row in seen], [row["id"] for row in reversed(behind)]


@pytest.mark.parametrize(
    "query", [{}, {"field_name": "plan"}, {"field_type": "numeric"}]
)
def test_attributes_come_whole_in_pages_both_ways(api, many, query):
    everything = api.get("/api/v1/attributes/", {"page_size": 500, **query}).json()
    ids = [row["id"] for row in everything["results"]]

    forward, backward = walk(api, {"page_size": 3, **query})

    assert forward == backward == ids == sorted(ids, reverse=True)
    assert len(ids) >= 4


def test_hidden_attributes_leave_no_hole_in_the_pages(many):
    _key, secret = create_key("reader", ["customers:read"])

    forward, backward = walk(client_with(secret), {"page_size": 1})

    assert forward == backward
    assert len(forward) == 16


@pytest.mark.parametrize("resource", ["attributes", "customers", "activities"])
def test_a_page_never_reads_a_whole_table(api, many, resource):
    with CaptureQueriesContext(connection) as asked:
        api.get(f"/api/v1/{resource}/", {"page_size": 2})

    statements = [
        query["sql"]
        for query in asked
        if "LIMIT" in query["sql"] and "api_keys" not in query["sql"]
    ]
    assert statements
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        for statement in statements:
            cursor.execute("EXPLAIN " + statement)
            plan = "\n".join(line for (line,) in cursor.fetchall())
            for table in ("customers", "activities", "customer_attribute_dates"):
                assert f"Seq Scan on {table}" not in plan, plan
