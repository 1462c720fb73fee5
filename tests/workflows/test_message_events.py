"""What receivers do with messages starts workflows: people, not programs, and once."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from automations.models import Enrolment
from customers.models import EventOutbox
from tests.messaging import provider, reports
from tests.messaging.visits import PERSON, events, local, sent
from tests.workflows.make import run, tag, trigger, workflow

pytestmark = pytest.mark.django_db


@pytest.fixture
def visit(settings):
    """Follow a link, or fetch a picture, as somebody with a browser."""
    client = Client()

    def get(address, headers=PERSON):
        return client.get(local(address, settings), headers=headers)

    return get


def entered(of):
    """Let the workers work once the burst of a program would have shown."""
    run(timezone.now() + timedelta(seconds=5))
    return Enrolment.objects.filter(workflow=of).count()


def listening(kind, **parameters):
    return workflow(
        tag("heard"), on=trigger(kind, **parameters), cooldown_period_days=0
    )


def test_the_first_opening_of_a_mail_starts_a_workflow_once(smtp_sink, visit):
    made = listening("message_opened")
    _delivery, links, [pixel] = sent(smtp_sink)

    for _time in range(2):
        visit(pixel)
        visit(links[0])
        assert entered(made) == 1


def test_each_link_that_is_followed_is_an_event(smtp_sink, visit):
    made = listening("message_clicked")
    _delivery, links, _pixel = sent(smtp_sink)

    visit(links[0])
    visit(links[0])
    assert entered(made) == 1

    enrolment = Enrolment.objects.get()
    assert enrolment.context["link"].startswith("https://school.example.org/open-day")


def test_only_the_template_and_link_that_are_meant(smtp_sink, visit):
    fees = "https://school.example.org/fees"
    delivery, links, _pixel = sent(smtp_sink)
    meant = listening(
        "message_clicked", template_id=delivery.dispatch.template_id, link=fees
    )
    other = listening("message_clicked", template_id=999_999)

    visit(links[0])
    assert (entered(meant), entered(other)) == (0, 0)
    visit(links[2])
    assert (entered(meant), entered(other)) == (1, 0)


def test_a_program_starts_nothing(smtp_sink, visit):
    made = listening("message_opened")
    _delivery, links, [pixel] = sent(smtp_sink)

    for address in (pixel, links[0]):
        visit(address, {"User-Agent": "curl/8.5.0"})

    assert entered(made) == 0


def test_a_program_that_gives_itself_away_by_haste_starts_nothing(smtp_sink, visit):
    made = listening("message_clicked")
    _delivery, links, _pixel = sent(smtp_sink)

    for address in links[:3]:
        visit(address)

    assert events("clicked", is_human=True).count() == 0
    assert entered(made) == 0


def test_without_the_wait_the_hasty_program_would_have_started_it(smtp_sink, visit):
    """The control: the same visits, with the workers in between."""
    made = listening("message_clicked")
    _delivery, links, _pixel = sent(smtp_sink)

    visit(links[0])
    before = entered(made)
    for address in links[1:3]:
        visit(address)

    assert (before, entered(made)) == (1, 1)


def test_a_bounce_that_the_provider_reports_starts_a_workflow_once(client, settings):
    settings.ANYMAIL = {"RESEND_SIGNING_SECRET": provider.SECRET}
    made = listening("message_bounced")
    delivery = reports.sent()

    for number in range(2):
        report = provider.bounce(delivery.provider_id)
        assert provider.post(client, report, key=f"m-{number}").status_code == 200

    assert entered(made) == 1


def test_unless_somebody_listens_nothing_is_told(smtp_sink, visit):
    _delivery, links, [pixel] = sent(smtp_sink)

    visit(pixel)
    visit(links[0])

    assert not EventOutbox.objects.exists()


@pytest.mark.parametrize("mode", ["anonymous", "off"])
def test_where_nobody_is_known_enabling_says_that_nothing_would_start(
    admin_client, settings, mode
):
    settings.TRACKING = mode
    made = workflow(tag("heard"), on=trigger("message_opened"), enabled=False)

    page = admin_client.get(
        reverse("admin:automations_workflow_enable", args=(made.pk,))
    )

    assert "this trigger never starts anything" in page.content.decode()
