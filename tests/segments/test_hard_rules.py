import csv
import json

import pytest
from django.core.management import call_command

from customers.models import Customer
from customers.services.attributes import delete_attribute
from segments.errors import SegmentError
from segments.services import audience, save_segment
from tests import make

LIST = "/admin/segments/segment/"
TRY = f"{LIST}try/"


def asking(attribute, operator, value):
    return {
        "version": 1,
        "type": "attribute",
        "attribute": attribute,
        "operator": operator,
        "value": value,
    }


def rule(document, **overrides):
    return make.segment(type="conditions", conditions=document, **overrides)


@pytest.mark.django_db
def test_a_rule_whose_attribute_is_gone_says_so_and_closes_no_page(admin_client):
    city = make.attribute("city")
    customer = make.customer()
    segment = rule(asking("city", "equals", "London"))
    user = rule(
        {"version": 1, "type": "segment", "operator": "in", "segment": segment.pk}
    )

    delete_attribute(city)

    pages = [
        admin_client.get(LIST),
        admin_client.get(segment.get_absolute_url()),
        admin_client.get(user.get_absolute_url()),
        admin_client.get(f"{LIST}{segment.pk}/change/"),
        admin_client.get(f"{LIST}{user.pk}/explain/", {"customer": customer.pk}),
        admin_client.get(f"{LIST}of/{customer.pk}/"),
        admin_client.get(customer.get_absolute_url()),
    ]
    assert [page.status_code for page in pages] == [200] * 7
    assert "There is no attribute “city”" in pages[1].content.decode()
    for used in (segment, user):
        with pytest.raises(SegmentError, match="no attribute “city”"):
            audience(used)
        assert "no attribute “city”" in used.snapshots.first().error


@pytest.mark.django_db(transaction=True)
def test_a_value_of_64_kb_is_imported_and_found(tmp_path):
    text = "ü" * 32_000 + " needle " + "\U0001f9ed" * 64
    file = tmp_path / "long.csv"
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerows(
            [["lms_lead_id", "email", "note"], ["7", "a@example.org", text]]
        )
    assert len(text.encode()) > 64_000

    call_command("import_customers", str(file))

    customer = Customer.objects.get(lms_lead_id="7")
    for operator, value in (
        ("contains", "needle"),
        ("contains", "\U0001f9ed" * 64),
        ("starts_with", "ü" * 1_000),
    ):
        asked = asking("note", operator, value)
        assert list(audience(rule(asked))) == [customer], operator


@pytest.mark.django_db
@pytest.mark.parametrize(
    "value",
    [
        "O'Neil",
        'with "quotes"',
        "back\\slash \\u0041 \\",
        "100 % of_it",
        "{} {0} %s %(x)s $1 :name ?",
        "'; DROP TABLE customers; --",
        "/* not a comment */ --",
        "Straße ﬁnch İstanbul",
        "e\u0301 beside \u00e9",
        "\u202eback to front\u202c",
        "\U0001f9ed and \u200b",
        " spaces around ",
        "line\nbreak\ttab",
    ],
)
def test_a_value_of_any_characters_finds_itself_and_nothing_else(value):
    make.attribute("note")
    customer = make.customer(attributes={"note": value})
    make.customer(attributes={"note": value + "x"})

    segment = save_segment(rule(asking("note", "equals", value)))

    assert list(audience(segment)) == [customer]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT " + "(" * 3_000 + "1" + ")" * 3_000,
        "SELECT id FROM customers WHERE " + "(" * 3_000 + "true" + ")" * 3_000,
        "(" * 3_000 + "SELECT 1" + ")" * 3_000,
    ],
)
def test_3000_nested_parentheses_of_sql_get_an_answer(sql_segments, admin_client, sql):
    page = admin_client.post(TRY, {"type": "sql", "selection_sql": sql})

    assert page.status_code == 200
    assert "seg-figures" in (text := page.content.decode()) or "nested too" in text


@pytest.mark.django_db
@pytest.mark.parametrize(
    "text",
    [
        '{"version":1,"all":' * 3_000,
        '{"version":1,"not":' + '{"not":' * 3_000 + "1" + "}" * 3_001,
        '{"version":1,"all":' + "[" * 3_000 + "]" * 3_000 + "}",
        json.dumps({"version": 1, "all": [{"type": "tag", "tags": [[]] * 3_000}]}),
    ],
)
def test_3000_nested_conditions_get_a_sentence(admin_client, text):
    page = admin_client.post(TRY, {"type": "conditions", "conditions": text})

    assert page.status_code == 200
    assert 'class="seg-error"' in page.content.decode()
