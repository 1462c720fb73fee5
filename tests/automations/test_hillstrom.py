"""A real experiment: two mails, and a third of the customers drawn to get none."""

import csv
import gzip
import re

import pytest
from django.core.management import call_command
from django.urls import reverse

from tests import make

# Committed, so that the database knows how much there is.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
NONE = "No E-Mail"
SENT = "2008-03-05T09:00"


@pytest.fixture
def experiment(real_data, settings, tmp_path):
    """Import the customers, and what they did in the two weeks after."""
    settings.MEDIA_ROOT = tmp_path / "media"
    customers, doings = tmp_path / "customers.csv", tmp_path / "doings.csv"
    with (
        gzip.open(real_data / "hillstrom_email" / "hillstrom.csv.gz", "rt") as source,
        customers.open("w", newline="") as people,
        doings.open("w", newline="") as events,
    ):
        who, did = csv.writer(people), csv.writer(events)
        who.writerow(["lms_lead_id", "coin:string", "arm:string"])
        did.writerow(["lms_lead_id", "name", "occurred_at", "amount"])
        for number, row in enumerate(csv.DictReader(source), start=1):
            who.writerow([number, "heads" if number % 2 else "tails", row["segment"]])
            if row["visit"] == "1":
                did.writerow([number, "visit", "2008-03-12T12:00:00Z", ""])
            if row["conversion"] == "1":
                did.writerow([number, "purchase", "2008-03-12T13:00:00Z", row["spend"]])
    call_command("import_customers", str(customers))
    call_command("import_activities", str(doings))


def those(attribute, *values):
    """The segment of the customers with one of these values."""
    return make.segment(
        type="conditions",
        conditions={
            "version": 1,
            "type": "attribute",
            "attribute": attribute,
            "operator": "in",
            "value": list(values),
        },
    )


def results_of(client, audience, held_out):
    """Write down a mail as it was sent, choose what counts, and read the results."""
    automation = make.automation(segment=audience)
    call_command("record_run", str(automation.pk), at=SENT, held_out=held_out.pk)
    address = reverse("admin:automations_automation_results", args=(automation.pk,))
    for name in ("visit", "purchase"):
        client.post(
            reverse("admin:messaging_goal_choose"),
            {
                "series": f"automation:{automation.pk}",
                "what": "activity",
                "name": name,
                "days": 14,
                "back": address,
            },
        )
    return client.get(address)


def lifts(response):
    """The lifts as they stand on the page, visits first."""
    return re.findall(r"([+−][\d.]+ ± [\d.]+)</span> points", response.content.decode())


def test_the_lift_is_that_of_the_experiment(experiment, admin_client):
    nobody = those("arm", NONE)

    mens = results_of(admin_client, those("arm", "Mens E-Mail", NONE), nobody)
    womens = results_of(admin_client, those("arm", "Womens E-Mail", NONE), nobody)

    figures = mens.context["figures"], womens.context["figures"]
    assert [found.sent for found in figures] == [21_307, 21_387]
    assert [found.skipped for found in figures] == [21_306, 21_306]
    assert lifts(mens) == ["+7.66 ± 0.66", "+0.68 ± 0.18"]
    assert lifts(womens) == ["+4.52 ± 0.63", "+0.31 ± 0.16"]

    # The control: of those without a mail, a coin says who is taken for having one.
    chance = results_of(admin_client, nobody, those("coin", "heads"))
    assert len(lifts(chance)) == 2
    assert chance.content.decode().count("So far the difference may be chance.") == 2
