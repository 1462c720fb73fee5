from datetime import timedelta

import pytest
from django.utils import timezone

from messaging.models import Delivery, DeliveryEvent
from tests.messaging import provider
from tests.messaging.visits import PERSON, events, local, sent

pytestmark = pytest.mark.django_db


def test_the_picture_tells_that_a_person_opened_the_mail(smtp_sink, stranger, settings):
    delivery, _links, [pixel] = sent(smtp_sink)

    response = stranger.get(local(pixel, settings))

    assert response["Content-Type"] == "image/gif"
    assert response.content.startswith(b"GIF89a")
    delivery.refresh_from_db()
    assert delivery.opened_at is not None
    assert delivery.clicked_at is None


def test_who_follows_a_link_has_opened_the_mail(smtp_sink, stranger, settings):
    delivery, links, _pixel = sent(smtp_sink)

    stranger.get(local(links[0], settings))

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
def test_programs_are_told_from_people(smtp_sink, stranger, settings, name):
    delivery, links, [pixel] = sent(smtp_sink)

    stranger.get(local(links[0], settings), headers=MACHINES[name])
    stranger.get(local(pixel, settings), headers=MACHINES[name])

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
def test_people_are_not_taken_for_programs(smtp_sink, stranger, settings, name):
    delivery, _links, [pixel] = sent(smtp_sink)

    stranger.get(local(pixel, settings), headers={"User-Agent": PEOPLE[name]})

    delivery.refresh_from_db()
    assert delivery.opened_at is not None


def test_a_program_that_only_asks_is_led_on_and_not_counted(
    smtp_sink, stranger, settings
):
    _delivery, links, _pixel = sent(smtp_sink)

    response = stranger.head(local(links[0], settings))

    assert response.status_code == 302
    assert [event.is_human for event in events("clicked")] == [False]


def test_what_comes_within_seconds_of_sending_is_a_program(
    smtp_sink, stranger, settings
):
    delivery, links, _pixel = sent(smtp_sink)
    Delivery.objects.update(accepted_at=timezone.now())

    stranger.get(local(links[0], settings))

    delivery.refresh_from_db()
    assert delivery.clicked_at is None
    assert events("clicked").get().data == {"machine": "right after sending"}


def test_before_our_record_of_the_sending_nobody_can_have_read_it(
    smtp_sink, stranger, settings
):
    delivery, links, _pixel = sent(smtp_sink)
    Delivery.objects.update(accepted_at=None, state="sending")

    stranger.get(local(links[0], settings))

    delivery.refresh_from_db()
    assert delivery.clicked_at is None


def test_all_links_at_once_unmask_a_program_the_first_visit_too(
    smtp_sink, stranger, settings
):
    delivery, links, _pixel = sent(smtp_sink)

    stranger.get(local(links[0], settings))
    stranger.get(local(links[1], settings))
    delivery.refresh_from_db()
    assert delivery.clicked_at is not None
    stranger.get(local(links[2], settings))

    delivery.refresh_from_db()
    assert (delivery.opened_at, delivery.clicked_at) == (None, None)
    assert set(events("clicked").values_list("is_human", flat=True)) == {False}


def test_one_link_followed_often_is_still_a_person(smtp_sink, stranger, settings):
    delivery, links, _pixel = sent(smtp_sink)

    for _ in range(5):
        stranger.get(local(links[0], settings))

    delivery.refresh_from_db()
    assert delivery.clicked_at is not None


def test_links_followed_at_leisure_are_a_persons(smtp_sink, stranger, settings):
    delivery, links, _pixel = sent(smtp_sink)

    for link in links[:3]:
        stranger.get(local(link, settings))
        a_while = timedelta(minutes=1)
        for event in events("clicked"):
            DeliveryEvent.objects.filter(pk=event.pk).update(
                occurred_at=event.occurred_at - a_while
            )

    delivery.refresh_from_db()
    assert delivery.clicked_at is not None
    assert events("clicked", is_human=True).count() == 3


def test_a_flood_leaves_twenty_rows_and_is_led_on(smtp_sink, stranger, settings):
    _delivery, links, [pixel] = sent(smtp_sink)

    for _ in range(30):
        assert stranger.get(local(links[0], settings)).status_code == 302
        assert stranger.get(local(pixel, settings)).status_code == 200

    assert events("clicked").count() == events("opened").count() == 20


def test_the_log_says_nothing_of_who_follows_a_link(
    smtp_sink, stranger, settings, caplog
):
    _delivery, links, [pixel] = sent(smtp_sink)
    caplog.set_level("DEBUG")
    caplog.clear()

    stranger.get(
        local(links[0], settings), headers={"User-Agent": "Ada's own telephone"}
    )
    stranger.get(local(pixel, settings))

    told = [
        record for record in caplog.records if not record.name.startswith("django.db")
    ]
    assert told == []


# -- Visits that the provider counts


@pytest.fixture
def resend_tells(settings, stranger):
    settings.ANYMAIL = {"RESEND_SIGNING_SECRET": provider.SECRET}

    def tell(delivery, kind, **data):
        Delivery.objects.filter(pk=delivery.pk).update(
            provider="resend", provider_id="mail-1"
        )
        body = provider.event(kind, "mail-1", **data)
        assert provider.post(stranger, body).status_code == 200
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
