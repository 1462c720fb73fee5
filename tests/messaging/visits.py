"""Mails that were sent a while ago, and the people who follow their links."""

import re
from datetime import timedelta

from django.utils import timezone

from messaging.models import Delivery, DeliveryEvent, MessageTemplate
from messaging.services import save_template
from tests import make
from tests.messaging import ledger

PERSON = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}
MESSAGE = """\
<body><a href="https://school.example.org/open-day?a=1&amp;b=2">Open day</a>
<a href="https://school.example.org/city?name={{ customer.city }}#map">Map</a>
<a href="https://school.example.org/fees">Fees</a>
<a href="mailto:us@example.org">Write</a> <a href="{{ unsubscribe_url }}">Enough</a>
</body>"""


def template(message=MESSAGE, **overrides):
    values = {
        "name": f"Template {make.next_number()}",
        "type": "email",
        "templating_type": "html",
        "subject": "News",
        "message": message,
    } | overrides
    return save_template(MessageTemplate(**values))


def let_minutes_pass():
    Delivery.objects.update(accepted_at=timezone.now() - timedelta(minutes=5))


def sent(smtp_sink, message=MESSAGE, **overrides):
    """Send a mail five minutes ago; return its delivery and what its HTML links to."""
    who = make.customer(attributes={"city": "São Paulo & more"})
    dispatch = ledger.dispatch(who, template=template(message), **overrides)
    ledger.send()
    let_minutes_pass()
    html = smtp_sink.mails[-1].message.get_body(("html",)).get_content()
    links = re.findall(r'href="([^"]*)"', html)
    return dispatch.deliveries.get(), links, re.findall(r'src="([^"]*)"', html)


def local(address, settings):
    assert address.startswith(settings.SITE_URL)
    return address.removeprefix(settings.SITE_URL)


def events(kind, **filters):
    return DeliveryEvent.objects.filter(kind=kind, **filters)
