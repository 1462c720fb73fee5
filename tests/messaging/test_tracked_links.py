import random
import re

import pytest

from marketing_os.lib.tokens import make_token
from messaging.models import DeliveryContent, DeliveryEvent
from tests import make
from tests.messaging import ledger
from tests.messaging.visits import events, local, sent, template

pytestmark = pytest.mark.django_db


def test_a_link_leads_to_the_address_that_its_author_wrote(
    smtp_sink, stranger, settings
):
    delivery, links, _pixel = sent(smtp_sink)

    response = stranger.get(local(links[0], settings))

    assert response.status_code == 302
    assert response["Location"] == "https://school.example.org/open-day?a=1&b=2"
    assert response["Referrer-Policy"] == "no-referrer"
    assert "no-store" in response["Cache-Control"]
    clicked = events("clicked").get()
    assert (clicked.delivery, clicked.is_human) == (delivery, True)
    assert clicked.link.url == "https://school.example.org/open-day?a=1&b=2"


def test_a_link_with_a_value_leads_where_it_led_when_it_was_sent(
    smtp_sink, stranger, settings
):
    delivery, links, _pixel = sent(smtp_sink)
    delivery.customer.attributes = {"city": "Lima"}
    delivery.customer.save()

    response = stranger.get(local(links[1], settings))

    assert response["Location"] == (
        "https://school.example.org/city?name=S%C3%A3o%20Paulo%20&%20more#map"
    )


def test_a_link_of_an_erased_customer_still_leads_to_the_page(
    smtp_sink, stranger, settings
):
    _delivery, links, _pixel = sent(smtp_sink)
    DeliveryContent.objects.all().delete()

    response = stranger.get(local(links[1], settings))

    assert response["Location"] == "https://school.example.org/city?name=#map"


def test_mail_addresses_and_unsubscribing_are_not_counted(smtp_sink):
    _delivery, links, _pixel = sent(smtp_sink)

    assert links[3] == "mailto:us@example.org"
    assert "/u/" in links[4]


@pytest.mark.parametrize(
    "href",
    [
        "{{ customer.url }}",
        "https://{{ customer.url }}/",
        "https://school.example.org{{ customer.url }}",
        "https://school.example.org:{{ customer.url }}/",
        "#top",
    ],
)
def test_no_value_of_a_customer_makes_this_site_lead_elsewhere(smtp_sink, href):
    _delivery, links, _pixel = sent(smtp_sink, f'<body><a href="{href}">A</a></body>')

    assert "/l/" not in links[0]


def test_a_link_in_a_loop_leads_straight_on(smtp_sink):
    loop = (
        "<body>{% for one in ['a', 'b'] %}"
        '<a href="https://example.org/{{ one }}">A</a>{% endfor %}</body>'
    )

    _delivery, links, _pixel = sent(smtp_sink, loop)

    assert links[:2] == ["https://example.org/a", "https://example.org/b"]


def test_a_value_cannot_break_out_of_its_place_in_the_address(
    smtp_sink, stranger, settings
):
    who = make.customer(attributes={"city": "\r\nSet-Cookie: a=b //evil.example"})
    ledger.dispatch(who, template=template())
    ledger.send()
    html = smtp_sink.mails[-1].message.get_body(("html",)).get_content()
    address = re.findall(r'href="([^"]*/l/[^"]*)"', html)[1]

    response = stranger.get(local(address, settings))

    assert response["Location"].startswith("https://school.example.org/city?name=")
    assert "Set-Cookie" not in response.headers


def test_wrong_tokens_lead_nowhere_and_break_nothing(smtp_sink, stranger, settings):
    delivery, links, pixel = sent(smtp_sink)
    good = local(links[0], settings).removeprefix("/l/")
    name = good.rpartition(".")[0]
    version = delivery.dispatch.template.current_version_id
    letters = random.Random(5)
    wrong = [
        "x",
        "%00",
        "é.1",
        name,
        f"{name}.",
        f"{name}.0",
        f"{name}.4",
        f"{name}.01",
    ]
    wrong += [f"{name}.-1", f"{name}.1.1", f"{name}.１", f"{name}." + "9" * 30]
    wrong += [make_token("unsubscribe", delivery.pk) + ".1"]
    wrong += [make_token("link", 1, 2**62, version) + ".1"]
    wrong += [make_token("link", 0, 2**62, version) + ".1"]
    wrong += [make_token("link", 7, delivery.pk, version) + ".1"]
    wrong += [make_token("link", 1, delivery.pk, 2**62) + ".1"]
    for _ in range(300):
        place = letters.randrange(len(name))
        changed = name[:place] + letters.choice("ABCxyz019-_") + name[place + 1 :]
        wrong += [f"{changed}.1"] if changed != name else []

    for token in wrong:
        response = stranger.get(f"/l/{token}")
        assert response.status_code == 404, token
        assert "This link does not work" in response.content.decode()
        if token != name:
            assert stranger.get(f"/o/{token}.gif").status_code == 200
    assert not DeliveryEvent.objects.exists()
    assert pixel


def test_a_link_does_not_work_as_a_link_to_unsubscribe(smtp_sink, stranger, settings):
    _delivery, links, _pixel = sent(smtp_sink)
    name = local(links[0], settings).removeprefix("/l/").rpartition(".")[0]

    assert stranger.post(f"/u/{name}", {}).status_code == 404
    assert stranger.get(f"/preferences/{name}").status_code == 404


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_other_methods_are_refused(smtp_sink, stranger, settings, method):
    _delivery, links, _pixel = sent(smtp_sink)

    response = getattr(stranger, method)(local(links[0], settings))

    assert response.status_code == 405


# -- Parameters for web analytics


def test_parameters_are_added_on_the_way(smtp_sink, stranger, settings):
    settings.UTM_SOURCE = "school"

    _delivery, links, _pixel = sent(smtp_sink, campaign="spring")

    assert stranger.get(local(links[0], settings))["Location"] == (
        "https://school.example.org/open-day?a=1&b=2"
        "&utm_source=school&utm_medium=email&utm_campaign=spring"
    )
    assert (
        "&utm_campaign=spring#map"
        in stranger.get(local(links[1], settings))["Location"]
    )


def test_parameters_are_added_to_links_that_lead_straight_on(smtp_sink, settings):
    settings.UTM_SOURCE, settings.TRACKING = "school", "off"
    who = make.customer()
    ledger.dispatch(who, template=template(name="Spring term"))
    ledger.send()

    html = smtp_sink.mails[-1].message.get_body(("html",)).get_content()

    assert (
        "https://school.example.org/fees?utm_source=school&amp;utm_medium=email"
        '&amp;utm_campaign=spring-term"' in html
    )


def test_a_parameter_of_the_author_stays(smtp_sink, stranger, settings):
    settings.UTM_SOURCE = "school"
    message = '<body><a href="https://example.org/?utm_source=own">A</a></body>'

    _delivery, links, _pixel = sent(smtp_sink, message, campaign="x")

    assert stranger.get(local(links[0], settings))["Location"] == (
        "https://example.org/?utm_source=own&utm_medium=email&utm_campaign=x"
    )


def test_without_a_source_there_are_no_parameters(smtp_sink, stranger, settings):
    _delivery, links, _pixel = sent(smtp_sink)

    assert "utm_" not in stranger.get(local(links[0], settings))["Location"]


def test_the_campaign_of_an_automation_is_enough(smtp_sink, stranger, settings):
    _delivery, links, _pixel = sent(smtp_sink, campaign="spring")

    assert (
        "utm_source=marketing-os" in stranger.get(local(links[0], settings))["Location"]
    )
