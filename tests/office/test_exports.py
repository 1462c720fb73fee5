import csv
import io

import pytest
from django.contrib import admin
from django.urls import reverse

from marketing_os.lib import exporting
from marketing_os.lib.models import ExportRecord
from tests import make

pytestmark = pytest.mark.django_db


def export(client, name, query=""):
    url = reverse(f"admin:{name}_export") + query
    fields = client.get(url).context["form"].fields
    chosen = [n for n, f in fields.items() if getattr(f, "is_selectable_field", False)]
    form = {"format": "0", "resource": "0"} | dict.fromkeys(chosen, "on")
    response = client.post(url, form)
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_every_list_can_be_exported(admin_client):
    make.automation()
    exported = []
    for model, model_admin in admin.site._registry.items():
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        shown = admin_client.get(reverse(f"admin:{name}_changelist"))
        if "cl" not in (shown.context or {}):  # leads elsewhere, or is no list
            continue

        rows = export(admin_client, name)

        # The export of the list of exports is on that list already.
        expected = len(shown.context["cl"].result_list) + (model is ExportRecord)
        assert len(rows) == expected, model_admin
        exported.append(name)

    assert {"automations_automation", "lib_exportrecord"} <= set(exported)


def test_a_list_without_columns_of_its_own_exports_what_it_shows(admin_client):
    made = make.automation(name="Welcome")

    [row] = export(admin_client, "automations_automation")

    assert row["name"] == "Welcome"
    assert row["segment"] == made.segment.name
    assert not any("<" in cell for cell in row.values())


def test_who_exported_what_is_on_record(admin_client, admin_user):
    for _ in range(3):
        make.customer()

    export(admin_client, "customers_customer", "?q=ada")

    record = ExportRecord.objects.get()
    assert (record.by, record.what) == (admin_user.username, "customers")
    assert (record.row_count, record.file_format) == (3, "csv")
    assert record.finished_at
    page = admin_client.get(reverse("admin:lib_exportrecord_changelist"))
    assert "Complete" in page.content.decode()


def test_an_export_that_breaks_off_says_how_much_went_out():
    def rows():
        yield from range(1_200)
        raise ConnectionError

    response = exporting.export_response(
        rows(),
        [("number", lambda row: row)],
        exporting.FileFormat.CSV,
        what="numbers",
        by="a test",
    )

    with pytest.raises(ConnectionError):
        list(response.streaming_content)

    record = ExportRecord.objects.get()
    assert (record.row_count, record.finished_at) == (1_200, None)


def test_only_who_may_exports_a_list(client):
    segment = make.segment()
    clerk = make.grant(make.user(), "segments.view_segment")
    client.force_login(clerk)

    refused = client.get(reverse("admin:segments_segment_export"))
    client.force_login(make.grant(clerk, "segments.export_segment"))

    assert refused.status_code == 403
    assert export(client, "segments_segment")[0]["name"] == segment.name
