"""The purchases of a real shop: no row has an ID, and 255 are the very same as another."""

import gzip
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db.models import Sum

from customers.models import Customer
from funnel.models import Activity

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
PURCHASES, BUYERS, TURNOVER = 69_659, 23_570, Decimal("2500315.63")


@pytest.fixture
def files(real_data, tmp_path):
    """The list of purchases as two CSV files: who bought, and what."""
    packed = real_data / "cdnow_purchases" / "CDNOW_master.txt.gz"
    with gzip.open(packed, "rt") as lines:
        rows = [line.split() for line in list(lines)[1:]]
    customers, purchases = tmp_path / "customers.csv", tmp_path / "purchases.csv"
    buyers = sorted({row[0] for row in rows})
    customers.write_text("lms_lead_id\n" + "\n".join(buyers) + "\n")
    purchases.write_text(
        "lms_lead_id,name,occurred_at,amount,quantity\n"
        + "".join(
            f"{who},purchase,{day[:4]}-{day[4:6]}-{day[6:]},{amount},{count}\n"
            for who, day, count, amount in rows
        )
    )
    return customers, purchases


def turnover():
    return Activity.objects.aggregate(sum=Sum("amount"))["sum"]


def test_purchases_come_in_to_the_cent_however_often_they_are_imported(
    files, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path / "media"
    customers, purchases = files
    call_command("import_customers", str(customers))

    for _ in range(2):
        call_command("import_activities", str(purchases))

        assert Activity.objects.count() == PURCHASES
        assert turnover() == TURNOVER
    assert Customer.objects.count() == BUYERS
