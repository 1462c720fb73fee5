import random
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from marketing_os.lib.tokens import make_token
from messaging.models import (
    Delivery,
    DeliveryContent,
    DeliveryEvent,
    MessageTemplate,
    VisitCount,
)
from messaging.services import save_template
from tests import make
from tests.messaging import ledger, provider

pytestmark = pytest.mark.django_db
PERSON = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}
MESSAGE = """\
<body><a href="https://school.example.org/open-day?a=1&amp;b=2">Open day</a>
<a href="https://school.example.org/city?name={{ customer.city }}#map">Map</a>
<a href="https://school.example.org/fees">Fees</a>
<a href="mailto:us@example.org">Write</a> <a href="{{ unsubscribe_url }}">Enough</a>
</body>"""


@pytest.fixture
def client():
    return Client(enforce_csrf_checks=True, headers=PERSON)


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


# -- Where links lead


def test_a_link_leads_to_the_address_that_its_author_wrote(smtp_sink, client, settings):
    delivery, links, _pixel = sent(smtp_sink)

    response = client.get(local(links[0], settings))

    assert response.status_code == 302
    assert response["Location"] == "https://school.example.org/open-day?a=1&b=2"
    assert response["Referrer-Policy"] == "no-referrer"
    assert "no-store" in response["Cache-Control"]
    clicked = events("clicked").get()
    assert (clicked.delivery, clicked.is_human) == (delivery, True)
    assert clicked.link.url == "https://school.example.org/open-day?a=1&b=2"


def test_a_link_with_a_value_leads_where_it_led_when_it_was_sent(
    smtp_sink, client, settings
):
    delivery, links, _pixel = sent(smtp_sink)
    delivery.customer.attributes = {"city": "Lima"}
    delivery.customer.save()

    response = client.get(local(links[1], settings))

    assert response["Location"] == (
        "https://school.example.org/city?name=S%C3%A3o%20Paulo%20&%20more#map"
    )


def test_a_link_of_an_erased_customer_still_leads_to_the_page(
    smtp_sink, client, settings
):
    _delivery, links, _pixel = sent(smtp_sink)
    DeliveryContent.objects.all().delete()

    response = client.get(local(links[1], settings))

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
    smtp_sink, client, settings
):
    who = make.customer(attributes={"city": "\r\nSet-Cookie: a=b //evil.example"})
    ledger.dispatch(who, template=template())
    ledger.send()
    html = smtp_sink.mails[-1].message.get_body(("html",)).get_content()
    address = re.findall(r'href="([^"]*/l/[^"]*)"', html)[1]

    response = client.get(local(address, settings))

    assert response["Location"].startswith("https://school.example.org/city?name=")
    assert "Set-Cookie" not in response.headers


def test_wrong_tokens_lead_nowhere_and_break_nothing(smtp_sink, client, settings):
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
        response = client.get(f"/l/{token}")
        assert response.status_code == 404, token
        assert "This link does not work" in response.content.decode()
        if token != name:
            assert client.get(f"/o/{token}.gif").status_code == 200
    assert not DeliveryEvent.objects.exists()
    assert pixel


def test_a_link_does_not_work_as_a_link_to_unsubscribe(smtp_sink, client, settings):
    _delivery, links, _pixel = sent(smtp_sink)
    name = local(links[0], settings).removeprefix("/l/").rpartition(".")[0]

    assert client.post(f"/u/{name}", {}).status_code == 404
    assert client.get(f"/preferences/{name}").status_code == 404


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_other_methods_are_refused(smtp_sink, client, settings, method):
    _delivery, links, _pixel = sent(smtp_sink)

    response = getattr(client, method)(local(links[0], settings))

    assert response.status_code == 405


# -- What is noted


def test_the_picture_tells_that_a_person_opened_the_mail(smtp_sink, client, settings):
    delivery, _links, [pixel] = sent(smtp_sink)

    response = client.get(local(pixel, settings))

    assert response["Content-Type"] == "image/gif"
    assert response.content.startswith(b"GIF89a")
    delivery.refresh_from_db()
    assert delivery.opened_at is not None
    assert delivery.clicked_at is None


def test_who_follows_a_link_has_opened_the_mail(smtp_sink, client, settings):
    delivery, links, _pixel = sent(smtp_sink)

    client.get(local(links[0], settings))

    delivery.refresh_from_db()
    assert delivery.opened_at == delivery.clicked_at != None  # noqa: E711


MACHINES = {
    "a bot": {"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"},
    "a preview": {"User-Agent": "Mozilla/5.0 (Windows NT 10.0) BingPreview/1.0b"},
    "a gateway": {"User-Agent": "Barracuda Sentinel (EE)"},
    "a tool": {"User-Agent": "curl/8.5.0"},
    "a library": {"User-Agent": "python-requests/2.32"},
    "a nameless one": {"User-Agent": ""},
    "Apple's privacy": {"User-Agent": "Mozilla/5.0"},
    "a browser that fetches ahead": PERSON | {"Sec-Purpose": "prefetch;prerender"},
    "an older one": PERSON | {"X-Moz": "prefetch"},
}


@pytest.mark.parametrize("name", MACHINES)
def test_programs_are_told_from_people(smtp_sink, client, settings, name):
    delivery, links, [pixel] = sent(smtp_sink)

    client.get(local(links[0], settings), headers=MACHINES[name])
    client.get(local(pixel, settings), headers=MACHINES[name])

    delivery.refresh_from_db()
    assert (delivery.opened_at, delivery.clicked_at) == (None, None)
    assert list(events("clicked").values_list("is_human")) == [(False,)]
    assert list(events("opened").values_list("is_human")) == [(False,)]


PEOPLE = {
    "Gmail's picture proxy": "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0"
    " (via ggpht.com GoogleImageProxy)",
    "Yahoo's": "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html",
    "a telephone": "Mozilla/5.0 (Linux; Android 13; CUBOT X50) Chrome/126.0 Mobile",
    "Outlook": "Mozilla/4.0 (compatible; ms-office; MSOffice 16)",
}


@pytest.mark.parametrize("name", PEOPLE)
def test_people_are_not_taken_for_programs(smtp_sink, client, settings, name):
    delivery, _links, [pixel] = sent(smtp_sink)

    client.get(local(pixel, settings), headers={"User-Agent": PEOPLE[name]})

    delivery.refresh_from_db()
    assert delivery.opened_at is not None


def test_a_program_that_only_asks_is_led_on_and_not_counted(
    smtp_sink, client, settings
):
    _delivery, links, _pixel = sent(smtp_sink)

    response = client.head(local(links[0], settings))

    assert response.status_code == 302
    assert [event.is_human for event in events("clicked")] == [False]


def test_what_comes_within_seconds_of_sending_is_a_program(smtp_sink, client, settings):
    delivery, links, _pixel = sent(smtp_sink)
    Delivery.objects.update(accepted_at=timezone.now())

    client.get(local(links[0], settings))

    delivery.refresh_from_db()
    assert delivery.clicked_at is None
    assert events("clicked").get().data == {"machine": "right after sending"}


def test_before_our_record_of_the_sending_nobody_can_have_read_it(
    smtp_sink, client, settings
):
    delivery, links, _pixel = sent(smtp_sink)
    Delivery.objects.update(accepted_at=None, state="sending")

    client.get(local(links[0], settings))

    delivery.refresh_from_db()
    assert delivery.clicked_at is None


def test_all_links_at_once_unmask_a_program_the_first_visit_too(
    smtp_sink, client, settings
):
    delivery, links, _pixel = sent(smtp_sink)

    client.get(local(links[0], settings))
    client.get(local(links[1], settings))
    delivery.refresh_from_db()
    assert delivery.clicked_at is not None
    client.get(local(links[2], settings))

    delivery.refresh_from_db()
    assert (delivery.opened_at, delivery.clicked_at) == (None, None)
    assert set(events("clicked").values_list("is_human", flat=True)) == {False}


def test_one_link_followed_often_is_still_a_person(smtp_sink, client, settings):
    delivery, links, _pixel = sent(smtp_sink)

    for _ in range(5):
        client.get(local(links[0], settings))

    delivery.refresh_from_db()
    assert delivery.clicked_at is not None


def test_links_followed_at_leisure_are_a_persons(smtp_sink, client, settings):
    delivery, links, _pixel = sent(smtp_sink)

    for link in links[:3]:
        client.get(local(link, settings))
        a_while = timedelta(minutes=1)
        for event in events("clicked"):
            DeliveryEvent.objects.filter(pk=event.pk).update(
                occurred_at=event.occurred_at - a_while
            )

    delivery.refresh_from_db()
    assert delivery.clicked_at is not None
    assert events("clicked", is_human=True).count() == 3


def test_a_flood_leaves_twenty_rows_and_is_led_on(smtp_sink, client, settings):
    _delivery, links, [pixel] = sent(smtp_sink)

    for _ in range(30):
        assert client.get(local(links[0], settings)).status_code == 302
        assert client.get(local(pixel, settings)).status_code == 200

    assert events("clicked").count() == events("opened").count() == 20


def test_the_log_says_nothing_of_who_follows_a_link(
    smtp_sink, client, settings, caplog
):
    _delivery, links, [pixel] = sent(smtp_sink)
    caplog.set_level("DEBUG")
    caplog.clear()

    client.get(local(links[0], settings), headers={"User-Agent": "Ada's own telephone"})
    client.get(local(pixel, settings))

    told = [
        record for record in caplog.records if not record.name.startswith("django.db")
    ]
    assert told == []


# -- The switch


def test_off_leaves_every_link_as_its_author_wrote_it(smtp_sink, settings):
    settings.TRACKING = "off"

    _delivery, links, pixel = sent(smtp_sink)

    assert links[0] == "https://school.example.org/open-day?a=1&amp;b=2"
    assert pixel == []


def test_off_also_stops_counting_in_mails_that_were_sent(smtp_sink, client, settings):
    delivery, links, [pixel] = sent(smtp_sink)
    settings.TRACKING = "off"

    assert client.get(local(links[0], settings)).status_code == 302
    client.get(local(pixel, settings))

    delivery.refresh_from_db()
    assert delivery.clicked_at is None
    assert not DeliveryEvent.objects.exists()
    assert not VisitCount.objects.exists()


def test_anonymous_counts_without_knowing_who(smtp_sink, client, settings):
    settings.TRACKING = "anonymous"
    delivery, links, [pixel] = sent(smtp_sink)

    for _ in range(3):
        response = client.get(local(links[0], settings))
    client.get(local(pixel, settings))
    client.head(local(links[2], settings))

    assert response["Location"] == "https://school.example.org/open-day?a=1&b=2"
    assert "/l/" not in links[1]
    delivery.refresh_from_db()
    assert (delivery.opened_at, delivery.clicked_at) == (None, None)
    assert not DeliveryEvent.objects.exists()
    assert sorted(VisitCount.objects.values_list("kind", "is_human", "count")) == [
        ("clicked", False, 1),
        ("clicked", True, 3),
        ("opened", True, 1),
    ]


def test_anonymous_links_are_the_same_for_everybody(smtp_sink, settings):
    settings.TRACKING = "anonymous"
    make.customer()
    make.customer()
    ledger.dispatch(template=template())
    ledger.send()

    bodies = [
        mail.message.get_body(("html",)).get_content() for mail in smtp_sink.mails
    ]
    tokens = [set(re.findall(r"/[lo]/([^\".]*)", body)) for body in bodies]

    assert tokens[0] == tokens[1]


def test_anonymous_also_holds_for_mails_that_were_sent(smtp_sink, client, settings):
    delivery, links, _pixel = sent(smtp_sink)
    settings.TRACKING = "anonymous"

    client.get(local(links[0], settings))

    delivery.refresh_from_db()
    assert delivery.clicked_at is None
    assert VisitCount.objects.get().count == 1


def test_what_is_not_marketing_is_never_tracked(smtp_sink):
    who = make.customer()
    ledger.dispatch(who, template=template(purpose="transactional"))
    ledger.send()

    html = smtp_sink.mails[-1].message.get_body(("html",)).get_content()

    assert "/l/" not in html
    assert "/o/" not in html


def test_the_text_part_names_addresses_as_they_are(smtp_sink):
    sent(smtp_sink)

    text = smtp_sink.mails[-1].message.get_body(("plain",)).get_content()

    assert "https://school.example.org/fees" in text
    assert "/l/" not in text


def test_the_page_of_the_delivery_shows_the_very_mail(
    smtp_sink, client, settings, admin_client
):
    delivery, links, _pixel = sent(smtp_sink)
    client.get(local(links[0], settings))
    client.head(local(links[2], settings))

    page = admin_client.get(delivery.get_absolute_url()).content.decode()

    assert "no longer the same" not in page
    assert "Link followed" in page
    assert "https://school.example.org/open-day?a=1&amp;b=2" in page
    assert "It only asked whether the link works." in page


def test_staff_who_read_the_mail_are_no_visitors(smtp_sink, admin_client):
    delivery, _links, [pixel] = sent(smtp_sink)

    page = admin_client.get(
        f"/admin/messaging/delivery/{delivery.pk}/mail/"
    ).content.decode()

    assert "school.example.org/fees" in page
    assert pixel not in page
    assert "/l/" not in page


# -- Parameters for web analytics


def test_parameters_are_added_on_the_way(smtp_sink, client, settings):
    settings.UTM_SOURCE = "school"

    _delivery, links, _pixel = sent(smtp_sink, campaign="spring")

    assert client.get(local(links[0], settings))["Location"] == (
        "https://school.example.org/open-day?a=1&b=2"
        "&utm_source=school&utm_medium=email&utm_campaign=spring"
    )
    assert (
        "&utm_campaign=spring#map" in client.get(local(links[1], settings))["Location"]
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


def test_a_parameter_of_the_author_stays(smtp_sink, client, settings):
    settings.UTM_SOURCE = "school"
    message = '<body><a href="https://example.org/?utm_source=own">A</a></body>'

    _delivery, links, _pixel = sent(smtp_sink, message, campaign="x")

    assert client.get(local(links[0], settings))["Location"] == (
        "https://example.org/?utm_source=own&utm_medium=email&utm_campaign=x"
    )


def test_without_a_source_there_are_no_parameters(smtp_sink, client, settings):
    _delivery, links, _pixel = sent(smtp_sink)

    assert "utm_" not in client.get(local(links[0], settings))["Location"]


def test_the_campaign_of_an_automation_is_enough(smtp_sink, client, settings):
    _delivery, links, _pixel = sent(smtp_sink, campaign="spring")

    assert (
        "utm_source=marketing-os" in client.get(local(links[0], settings))["Location"]
    )


# -- Visits that the provider counts


@pytest.fixture
def resend_tells(settings, client):
    settings.ANYMAIL = {"RESEND_SIGNING_SECRET": provider.SECRET}

    def tell(delivery, kind, **data):
        Delivery.objects.filter(pk=delivery.pk).update(
            provider="resend", provider_id="mail-1"
        )
        body = provider.event(kind, "mail-1", **data)
        assert provider.post(client, body).status_code == 200
        delivery.refresh_from_db()

    return tell


def click(url, agent=PERSON["User-Agent"]):
    return {"click": {"link": url, "userAgent": agent}}


def test_a_click_that_the_provider_counts_counts(smtp_sink, resend_tells):
    delivery, _links, _pixel = sent(smtp_sink)

    resend_tells(delivery, "clicked", **click("https://school.example.org/fees"))

    assert delivery.clicked_at is not None
    assert events("clicked").get().link.url == "https://school.example.org/fees"


def test_a_program_that_the_provider_counts_does_not(smtp_sink, resend_tells):
    delivery, _links, _pixel = sent(smtp_sink)

    resend_tells(delivery, "clicked", **click("https://example.org/", "Googlebot/2.1"))

    assert delivery.clicked_at is None
    assert events("clicked").get().is_human is False


def test_a_click_that_our_own_link_counted_is_not_counted_twice(
    smtp_sink, resend_tells
):
    delivery, links, _pixel = sent(smtp_sink)

    resend_tells(delivery, "clicked", **click(links[0]))

    assert not events("clicked").exists()


def test_the_switch_holds_for_the_provider_too(smtp_sink, resend_tells, settings):
    delivery, _links, _pixel = sent(smtp_sink)
    settings.TRACKING = "anonymous"

    resend_tells(delivery, "opened")

    assert not events("opened").exists()


# -- The page of the dispatch


def test_the_dispatch_shows_people_and_programs_by_link(
    smtp_sink, client, settings, admin_client
):
    delivery, links, _pixel = sent(smtp_sink)
    for _ in range(2):
        client.get(local(links[0], settings))
    client.head(local(links[0], settings))

    page = admin_client.get(delivery.dispatch.get_absolute_url()).content.decode()
    cells = re.findall(r"<td[^>]*>([^<]*)</td>", page.partition("By programs")[2])

    assert cells[:4] == [
        "https://school.example.org/open-day?a=1&amp;b=2",
        "1",
        "2",
        "1",
    ]


def test_a_dispatch_that_nobody_opened_says_so(smtp_sink, admin_client):
    delivery, _links, _pixel = sent(smtp_sink)

    page = admin_client.get(delivery.dispatch.get_absolute_url()).content.decode()

    assert "Nobody has opened these mails" in page
