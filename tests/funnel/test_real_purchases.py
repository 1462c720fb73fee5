"""The purchases of a real shop: no row has an ID, and 255 are the very same as another."""

from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db.models import Sum

from customers.models import Customer
from funnel.models import Activity
from tests.purchases import purchase_files

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
PURCHASES, BUYERS, TURNOVER = 69_659, 23_570, Decimal("2500315.63")


@pytest.fixture
def files(real_data, tmp_path):
    return purchase_files(real_data, tmp_path)


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
