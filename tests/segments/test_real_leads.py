import csv
from io import StringIO

import pytest
from django.core.management import call_command

from tests import make


@pytest.mark.slow
def test_real_leads_that_came_by_paid_search_and_closed_are_195(
    real_data, sql_segments, tmp_path
):
    folder = real_data / "olist_marketing_funnel"
    leads = folder / "olist_marketing_qualified_leads_dataset.csv"
    deals = folder / "olist_closed_deals_dataset.csv"
    moves = tmp_path / "moves.csv"
    with deals.open(encoding="utf-8", newline="") as source, moves.open("w") as target:
        writer = csv.writer(target)
        writer.writerow(("lms_lead_id", "funnel_type", "to_stage", "created_date"))
        for deal in csv.DictReader(source):
            writer.writerow((deal["mql_id"], "sales", "won", deal["won_date"]))
    call_command("import_customers", str(leads), map=["mql_id=lms_lead_id"])
    call_command("import_funnel_events", str(moves))
    make.segment(
        name="Paid search and closed",
        type="sql",
        selection_sql="SELECT a.customer_id\n"
        "FROM customer_attributes a\n"
        "JOIN funnel_events e ON e.customer_id = a.customer_id\n"
        "WHERE a.field_name = 'origin' AND a.field_value = '\"paid search\"'\n"
        "  AND e.to_stage = 'won'",
    )

    out = StringIO()
    call_command("evaluate_segment", "Paid search and closed", stdout=out)

    assert out.getvalue() == "195 customers are in “Paid search and closed”.\n"
