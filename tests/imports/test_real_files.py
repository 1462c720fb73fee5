import csv
import io
from collections import Counter

import pytest

from customers.models import AttributeDefinition, Consent, Customer, CustomerAttribute
from funnel.models import FunnelEvent

pytestmark = pytest.mark.django_db

LEADS = ("--map", "Prospect ID=lms_lead_id", "--missing", "Select")


def events(rows, stage, column):
    """A file of moves to one stage, made of rows with a lead and a date."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("lms_lead_id", "funnel_type", "to_stage", "created_date"))
    writer.writerows((row["mql_id"], "sales", stage, row[column]) for row in rows)
    return out.getvalue()


def read(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_leads_of_x_education_come_in_whole(command, real_data):
    file = real_data / "x_education_leads" / "Leads.csv"
    consent = ("--map", "Do Not Email=consent:email:inverted")

    report = command("import_customers", file, *LEADS, *consent)
    again = command("import_customers", file, *LEADS, *consent)

    assert "created 9,240, updated 0, unchanged 0, rejected 0" in report
    assert "consents withdrawn 734" in report
    assert "Left out: column 38. This column has no name and is empty." in report
    assert "created 0, updated 0, unchanged 9,240, rejected 0" in again
    assert Consent.objects.filter(granted=False).count() == 734
    types = dict(AttributeDefinition.objects.values_list("name", "field_type"))
    assert Counter(types.values()) == {"string": 15, "boolean": 14, "numeric": 7}
    assert types["TotalVisits"] == types["Page Views Per Visit"] == "numeric"
    assert types["Do Not Email"] == types["Search"] == "boolean"
    customer = Customer.objects.get(lms_lead_id="2a272436-5132-4136-86fa-dcc88c88f482")
    assert customer.attributes["Page Views Per Visit"] == 2.5
    assert "Specialization" not in customer.attributes
    visits = CustomerAttribute.objects.filter(field_name="TotalVisits")
    assert visits.count() == Customer.objects.filter(attributes__has_key="TotalVisits").count()  # fmt: skip


def test_the_funnel_of_olist_comes_in_as_customers_and_events(command, real_data):
    folder = real_data / "olist_marketing_funnel"
    leads = folder / "olist_marketing_qualified_leads_dataset.csv"
    deals = folder / "olist_closed_deals_dataset.csv"

    command("import_customers", leads, "--map", "mql_id=lms_lead_id")
    report = command("import_customers", deals, "--map", "mql_id=lms_lead_id")
    first = events(read(leads), "first_contact", "first_contact_date")
    won = events(read(deals), "won", "won_date")
    command("import_funnel_events", first)
    command("import_funnel_events", won)
    again = command("import_funnel_events", won)

    assert "created 0, updated 842, unchanged 0, rejected 0" in report
    assert "created 0, updated 0, unchanged 842, rejected 0" in again
    assert Customer.objects.count() == 8000
    assert FunnelEvent.objects.count() == 8842
    types = dict(AttributeDefinition.objects.values_list("name", "field_type"))
    assert types["declared_monthly_revenue"] == "numeric"
    assert types["has_company"] == "boolean"
    assert types["average_stock"] == types["origin"] == "string"
    assert types["first_contact_date"] == "date"
    assert types["won_date"] == "timestamp"
    closed = FunnelEvent.objects.filter(to_stage="won").values("customer_id")
    paid = Customer.objects.filter(attributes__origin="paid search", pk__in=closed)
    assert paid.count() == 195
