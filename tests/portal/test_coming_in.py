from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from time_machine import travel

from marketing_os.lib.tokens import make_token
from messaging.services.content import (
    preferences_url,
    shown_html,
    unsubscribe_url,
)
from messaging.services.templates import save_template
from tests import make
from tests.messaging import ledger
from tests.portal.members import browser_of, link_of

pytestmark = pytest.mark.django_db
LIST = "/me/notifications/"


def with_link():
    message = '<p><a href="{{ member_link }}">Your page</a></p>'
    return save_template(make.template(message=message))


def token_in(sink):
    """What follows /me/in/ in the only mail that was sent."""
    html = sink.mails[0].message.get_body(("html",)).get_content()
    return html.partition("/me/in/")[2].partition('"')[0]


def test_the_link_of_a_mail_asks_and_its_button_opens_the_session(smtp_sink, client):
    ada = make.customer(email="ada@example.org")
    ledger.dispatch(ada, template=with_link())
    ledger.send()
    link = f"/me/in/{token_in(smtp_sink)}"

    page = client.get(link)

    assert "a•••@example.org" in page.content.decode()
    assert "member" not in page.cookies
    assert client.get(LIST).status_code == 403
    opened = client.post(link, follow=True)
    assert opened.redirect_chain == [(LIST, 302)]
    assert opened.status_code == 200


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(client, settings):
    settings.SESSION_COOKIE_SECURE = True

    cookie = client.post(link_of(make.customer())).cookies["member"]

    assert (cookie["httponly"], cookie["samesite"], cookie["secure"]) == (
        True,
        "Lax",
        True,
    )
    assert cookie["max-age"] == settings.MEMBER_SESSION_MINUTES * 60


def test_the_button_cannot_be_pressed_from_another_site():
    client = Client(enforce_csrf_checks=True)

    assert client.post(link_of(make.customer())).status_code == 403


def test_a_link_ends_with_its_days(client, settings):
    link = link_of(make.customer())
    settings.MEMBER_LINK_DAYS = 2

    with travel(timezone.now() + timedelta(days=1)):
        assert client.get(link).status_code == 200
    with travel(timezone.now() + timedelta(days=3)):
        assert client.get(link).status_code == 404
        assert client.post(link).status_code == 404


def test_a_link_ends_when_the_address_is_no_longer_the_members(client):
    ada = make.customer(email="old@example.org")
    link = link_of(ada)
    ada.email = "new@example.org"
    ada.save(update_fields=["email"])

    assert client.post(link).status_code == 404


@pytest.mark.parametrize("field", ["erased_at", "archived_at"])
def test_somebody_who_left_is_out_at_once(field):
    ada = make.customer()
    browser, link = browser_of(ada), link_of(ada)
    assert browser.get(LIST).status_code == 200

    setattr(ada, field, timezone.now())
    ada.save(update_fields=[field])

    assert browser.get(LIST).status_code == 403
    assert browser.get(f"{LIST}news").status_code == 403
    assert browser.post(link).status_code == 404


def test_a_session_lasts_as_long_as_pages_are_opened_and_news_do_not_count(settings):
    settings.MEMBER_SESSION_MINUTES = 30
    browser = browser_of(make.customer())
    start = timezone.now()

    with travel(start + timedelta(minutes=20)):
        assert browser.get(LIST).status_code == 200
    with travel(start + timedelta(minutes=40)):
        assert "member" not in browser.get(f"{LIST}news").cookies
    with travel(start + timedelta(minutes=51)):
        assert browser.get(f"{LIST}news").status_code == 403
        assert browser.get(LIST).status_code == 403


def test_tokens_of_other_purposes_open_nothing(client):
    ada = make.customer()
    delivery = ledger.dispatch(ada).deliveries.get()
    end = int(timezone.now().timestamp()) + 600

    for purpose in ("preferences", "unsubscribe", "message-id"):
        token = make_token(purpose, delivery.pk)
        assert client.get(f"/me/in/{token}").status_code == 404
    for purpose in ("member-session", "member-link"):
        client.cookies["member"] = make_token(purpose, ada.pk, end)
        assert client.get(LIST).status_code == 403
    client.cookies["member"] = make_token("member-cookie", ada.pk, end)
    assert client.get(LIST).status_code == 200
    assert client.get(f"/me/in/{'x' * 3000}").status_code == 404


def test_members_and_staff_know_nothing_of_each_other(admin_client):
    assert admin_client.get(LIST).status_code == 403
    member = browser_of(make.customer())
    assert member.get("/admin/", follow=True).request["PATH_INFO"] == "/admin/login/"

    admin_client.post(link_of(make.customer()))

    assert admin_client.get(LIST).status_code == 200
    admin_client.post("/me/out")
    assert admin_client.get(LIST).status_code == 403
    assert admin_client.get("/admin/").status_code == 200


def test_nobody_reads_the_link_in_the_mail_that_staff_look_at(admin_client, smtp_sink):
    dispatch = ledger.dispatch(make.customer(), template=with_link())
    ledger.send()
    delivery = dispatch.deliveries.get()

    page = admin_client.get(f"/admin/messaging/delivery/{delivery.pk}/change/")
    frame = shown_html(delivery.content)

    assert token_in(smtp_sink)
    assert page.status_code == 200
    assert "Your page" in frame
    assert "/me/in/" not in page.content.decode() + frame


def test_staff_who_look_at_a_mail_cannot_unsubscribe_its_receiver(
    admin_client, smtp_sink
):
    dispatch = ledger.dispatch(make.customer(), template=with_link())
    ledger.send()
    delivery = dispatch.deliveries.get()

    page = admin_client.get(f"/admin/messaging/delivery/{delivery.pk}/change/")
    shown = page.content.decode() + shown_html(delivery.content)

    real = (unsubscribe_url(delivery.pk), preferences_url(delivery.pk))
    sent = smtp_sink.mails[-1].message
    assert real[0] in sent["List-Unsubscribe"]
    assert "/u/example" in shown
    assert not [link for link in real if link in shown]
