import re

import pytest

from messaging.models import DeliveryEvent, VisitCount
from tests import make
from tests.messaging import ledger
from tests.messaging.visits import local, sent, template

pytestmark = pytest.mark.django_db


def test_off_leaves_every_link_as_its_author_wrote_it(smtp_sink, settings):
    settings.TRACKING = "off"

    _delivery, links, pixel = sent(smtp_sink)

    assert links[0] == "https://school.example.org/open-day?a=1&amp;b=2"
    assert pixel == []


def test_off_also_stops_counting_in_mails_that_were_sent(smtp_sink, stranger, settings):
    delivery, links, [pixel] = sent(smtp_sink)
    settings.TRACKING = "off"

    assert stranger.get(local(links[0], settings)).status_code == 302
    stranger.get(local(pixel, settings))

    delivery.refresh_from_db()
    assert delivery.clicked_at is None
    assert not DeliveryEvent.objects.exists()
    assert not VisitCount.objects.exists()


def test_anonymous_counts_without_knowing_who(smtp_sink, stranger, settings):
    settings.TRACKING = "anonymous"
    delivery, links, [pixel] = sent(smtp_sink)

    for _ in range(3):
        response = stranger.get(local(links[0], settings))
    stranger.get(local(pixel, settings))
    stranger.head(local(links[2], settings))

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


def test_anonymous_also_holds_for_mails_that_were_sent(smtp_sink, stranger, settings):
    delivery, links, _pixel = sent(smtp_sink)
    settings.TRACKING = "anonymous"

    stranger.get(local(links[0], settings))

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
    smtp_sink, stranger, settings, admin_client
):
    delivery, links, _pixel = sent(smtp_sink)
    stranger.get(local(links[0], settings))
    stranger.head(local(links[2], settings))

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


# -- The page of the dispatch


def test_the_dispatch_shows_people_and_programs_by_link(
    smtp_sink, stranger, settings, admin_client
):
    delivery, links, _pixel = sent(smtp_sink)
    for _ in range(2):
        stranger.get(local(links[0], settings))
    stranger.head(local(links[0], settings))

    page = admin_client.get(delivery.dispatch.get_absolute_url())
    [(link, _url)] = page.context["links"]

    assert link.url == "https://school.example.org/open-day?a=1&b=2"
    assert (link.people, link.visits, link.machines) == (1, 2, 1)


def test_a_dispatch_that_nobody_opened_says_so(smtp_sink, admin_client):
    delivery, _links, _pixel = sent(smtp_sink)

    page = admin_client.get(delivery.dispatch.get_absolute_url()).content.decode()

    assert "Nobody has opened these mails" in page
