import csv
import io

import openpyxl
import pytest
from django.urls import reverse

from tests import make

pytestmark = pytest.mark.django_db
EXPORT = reverse("admin:customers_customer_export")
CSV, TSV, XLSX = "0", "1", "2"


def export(client, format=CSV, query="", only=()):
    form = {"format": format, "resource": "0"}
    page = client.get(EXPORT + query)
    for name, field in page.context["form"].fields.items():
        if getattr(field, "is_selectable_field", False):
            column = name.removeprefix("listresource_")
            if not only or column in only:
                form[name] = "on"
    return client.post(EXPORT + query, form)


def rows_of(response, delimiter=","):
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text), delimiter=delimiter))


def test_the_list_as_searched_is_exported_with_stage_and_attributes(admin_client):
    make.attribute("Total Visits", "numeric")
    make.attribute("Courses", "array")
    ada = make.customer(
        first_name="Ada", attributes={"Total Visits": 12.5, "Courses": ["Data"]}
    )
    make.funnel_event(ada, "Won")
    make.customer(first_name="Alan")

    response = export(admin_client, query="?q=ada")

    [row] = rows_of(response)
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert row["email"] == ada.email
    assert row["stage"] == "Won"
    assert row["Total Visits"] == "12.5"
    assert row["Courses"] == '["Data"]'


def test_chosen_columns_only_and_tabs(admin_client):
    make.customer(first_name="Ada")

    response = export(admin_client, TSV, only={"first_name", "last_name"})

    [row] = rows_of(response, "\t")
    assert set(row) == {"first_name", "last_name"}


def test_a_workbook_holds_the_same(admin_client):
    make.attribute("Total Visits", "numeric")
    make.customer(first_name="A\x0bda", attributes={"Total Visits": 7})

    response = export(admin_client, XLSX, only={"first_name", "Total Visits"})

    content = io.BytesIO(b"".join(response.streaming_content))
    sheet = openpyxl.load_workbook(content).active
    rows = list(sheet.iter_rows(values_only=True))
    assert rows == [("first_name", "Total Visits"), ("A�da", 7)]


def test_a_list_too_long_for_a_workbook_is_refused_with_a_sentence(
    admin_client, monkeypatch
):
    monkeypatch.setattr("marketing_os.lib.exporting.WORKBOOK_ROWS", 1)
    make.customer()
    make.customer()

    response = export(admin_client, XLSX)

    assert "A workbook takes at most 1 rows" in response.content.decode()


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("-2+cmd|' /C calc'!A0", "'-2+cmd|' /C calc'!A0"),
        ("+44 7700 900", "+44 7700 900"),
        ("-12.5", "-12.5"),
        ("Ada", "Ada"),
    ],
)
def test_a_formula_becomes_text_and_a_phone_number_stays(admin_client, typed, written):
    make.customer(mobile=typed[:50])

    [row] = rows_of(export(admin_client, only={"mobile"}))

    assert row["mobile"] == written


def test_sensitive_attributes_and_the_export_itself_need_permissions(client):
    make.attribute("Illness", sensitive=True)
    make.customer(attributes={"Illness": "flu"})
    clerk = make.grant(make.user(), "customers.view_customer")

    client.force_login(clerk)
    refused = client.post(EXPORT, {"format": CSV, "resource": "0"})
    client.force_login(make.grant(clerk, "customers.export_customer"))
    allowed = rows_of(export(client))

    assert refused.status_code == 403
    assert "Illness" not in allowed[0]


def test_no_column_and_no_format_are_answered_on_the_page(admin_client):
    for form in ({}, {"format": CSV, "resource": "0"}, {"format": "9"}):
        assert admin_client.post(EXPORT, form).status_code == 200
