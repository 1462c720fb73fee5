"""Guessed and changed links open nothing; scanners that open all of them change nothing."""

import base64
import random
import re
import secrets

import pytest
from django.test import Client

from customers.models import Consent
from marketing_os.lib.tokens import make_token, read_token
from messaging.models import Delivery, DeliveryEvent, MessageTemplate, Pause
from messaging.services import save_template
from messaging.services.unsubscribing import unsubscribe
from tests import make
from tests.messaging import ledger
from tests.scale import scaled

pytestmark = [pytest.mark.prove, pytest.mark.django_db]
RANDOM = scaled(20_000, full=1_000_000)
CHANGED = scaled(400, full=10_000)
LOOKS = scaled(10, full=1000)
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
PURPOSES = {"unsubscribe": 1, "preferences": 1, "link": 3, "message-id": 1}
MESSAGE = """<body><a href="https://example.org/a">A</a>
<a href="{{ preferences_url }}">Choose</a> <a href="{{ unsubscribe_url }}">Enough</a>
</body>"""


@pytest.fixture
def mail(smtp_sink, settings):
    """A mail that was sent: its delivery, and the paths that its HTML names."""
    template = save_template(
        MessageTemplate(
            name="News", templating_type="html", subject="News", message=MESSAGE
        )
    )
    delivery = ledger.dispatch(make.customer(), template=template).deliveries.get()
    ledger.send()
    html = smtp_sink.mails[0].message.get_body(("html",)).get_content()
    site = re.escape(settings.SITE_URL)
    return delivery, re.findall(rf'"{site}(/[^"]*)"', html)


def without_signature(token):
    """What a reader that trusts every token would take from one: its payload."""
    return base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))[16:]


def changed(path, chance):
    """A path with one letter of its token changed."""
    start = path.index("/", 1) + 1
    end = len(path.partition(".")[0])
    place = chance.randrange(start, end)
    letter = chance.choice(LETTERS.replace(path[place], ""))
    return path[:place] + letter + path[place + 1 :]


def test_no_random_token_is_read():
    for _ in range(RANDOM):
        token = secrets.token_urlsafe(18)
        for purpose, count in PURPOSES.items():
            assert read_token(purpose, token, count) is None


def test_a_reader_without_signatures_would_take_them():
    token = make_token("unsubscribe", 7)

    taken = [without_signature(changed(f"/u/{token}", random)[3:]) for _ in range(200)]

    assert taken.count(b"\x07") > 100


def test_no_changed_link_opens_anything(mail):
    _delivery, paths = mail
    client, chance = Client(raise_request_exception=False), random.Random(16)

    for number in range(CHANGED):
        path = changed(paths[number % len(paths)], chance)
        for method in (client.get, client.post):
            status = method(path, {"List-Unsubscribe": "One-Click"}).status_code
            is_picture = path.startswith("/o/")
            assert status in ((200, 405) if is_picture else (404, 405)), path

    assert len(paths) == 4
    assert not Consent.objects.exists()
    assert not DeliveryEvent.objects.exists()


def state_of(delivery):
    """All that following a link to leave, or to choose, could have changed."""
    return (
        Delivery.objects.values_list("state", "opened_at", "clicked_at").get(
            pk=delivery.pk
        ),
        Consent.objects.count(),
        Pause.objects.count(),
        DeliveryEvent.objects.filter(is_human=True).count(),
    )


def test_scanners_that_open_every_link_change_nothing_and_one_click_does(mail):
    delivery, paths = mail
    before, client = state_of(delivery), Client(enforce_csrf_checks=True)
    agents = ["Barracuda Sentinel (EE)", "curl/8.5.0", "", "Mozilla/5.0"]

    for number in range(LOOKS):
        headers = {"User-Agent": agents[number % len(agents)]}
        for path in paths:
            assert client.get(path, headers=headers).status_code in (200, 302)
            assert client.head(path, headers=headers).status_code in (200, 302)
    assert state_of(delivery) == before

    [leave] = [path for path in paths if path.startswith("/u/")]
    assert client.post(leave, {"List-Unsubscribe": "One-Click"}).status_code == 200
    again = ledger.dispatch(delivery.customer, template=delivery.dispatch.template)
    assert ledger.states(again) == {delivery.customer: ("skipped", "no_consent")}


def test_a_link_that_acts_when_it_is_looked_at_would_be_noticed(mail):
    delivery, _paths = mail
    before = state_of(delivery)

    unsubscribe(delivery, evidence="a page that acts on GET")

    assert state_of(delivery) != before
