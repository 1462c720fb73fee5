"""On the purchases of a real shop the scores rank better than silence alone."""

import io
import re

import pytest
from django.core.management import call_command

from customers.models import Customer
from segments.models import CustomerScore
from tests.purchases import purchase_files

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
BUYERS = 23_570


@pytest.fixture
def shop(real_data, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    customers, purchases = purchase_files(real_data, tmp_path)
    call_command("import_customers", str(customers), verbosity=0)
    call_command("import_activities", str(purchases), verbosity=0)


def figure(page, name):
    """What stands under a heading of the page."""
    return re.search(rf"<dt>{name}</dt><dd [^>]*>([\d.]+)</dd>", page)[1]


def test_39_weeks_tell_who_stays_away_for_the_next_39(shop, admin_client):
    said = io.StringIO()

    call_command(
        "refresh_scores", "--as-of", "1998-07-01", "--horizon-days", "273", stdout=said
    )

    assert f"{BUYERS} customers were scored." in said.getvalue()
    assert CustomerScore.objects.count() == Customer.objects.count()
    page = " ".join(
        admin_client.get("/admin/segments/scores/").content.decode().split()
    )
    assert float(figure(page, "Model")) >= 0.770
    assert float(figure(page, "Silence alone")) == pytest.approx(0.760, abs=0.003)
    assert f"what {BUYERS:,} customers did" in page
