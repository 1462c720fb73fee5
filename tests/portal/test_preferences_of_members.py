"""A member chooses on their own page what to get, whether or not a mail ever went."""

import pytest
from django.test import Client

from customers.models import Consent
from messaging.models import Delivery, Notification, Pause, Topic
from messaging.services.topics import save_topic
from tests import make
from tests.messaging import ledger
from tests.portal.members import told
from tests.portal.signed import sign_in

pytestmark = pytest.mark.django_db
URL = "/me/preferences/"
CHANNELS = ("email", "whatsapp", "in_app", "sms")


def signed_in(who, **options):
    client = Client(**options)
    sign_in(client, who)
    return client


def save(client, channels=CHANNELS, topics=()):
    wish = {"wish": "save", "channels": list(channels), "topics": list(topics)}
    return client.post(URL, wish)


def ticked(client, value):
    page = client.get(URL).content.decode()
    return f'value="{value}" checked' in page


@pytest.mark.parametrize("channel", CHANNELS)
def test_each_channel_is_declined_and_chosen_again(channel):
    ada = make.customer(mobile="+44 20 7946 0000")
    client = signed_in(ada)
    assert ticked(client, channel)

    answer = save(client, [one for one in CHANNELS if one != channel])
    declined = not ticked(client, channel)
    save(client)

    assert "Your choices are saved." in answer.content.decode()
    assert declined
    assert ticked(client, channel)
    rows = Consent.objects.order_by("pk").values_list("channel", "granted", "source")
    assert list(rows) == [
        (channel, False, "preference page"),
        (channel, True, "preference page"),
    ]
    assert "own page" in Consent.objects.latest("pk").evidence


def test_what_was_declined_is_not_sent():
    ada = make.customer()
    save(signed_in(ada), ["whatsapp", "sms"])

    mail = ledger.states(ledger.dispatch(ada))

    assert mail == {ada: ("skipped", "no_consent")}
    with pytest.raises(Notification.DoesNotExist):
        told(ada)


def test_topics_and_a_pause_are_chosen():
    events = save_topic(Topic(name="Events"))
    ada = make.customer()
    client = signed_in(ada)

    save(client)
    about_events = make.template(topic=events)
    declined = ledger.states(ledger.dispatch(ada, template=about_events))
    paused = client.post(URL, {"wish": "pause"}).content.decode()
    while_paused = ledger.states(ledger.dispatch(ada))
    client.post(URL, {"wish": "end-pause"})

    assert declined == {ada: ("skipped", "topic_declined")}
    assert "We will send you no marketing until" in paused
    assert while_paused == {ada: ("skipped", "paused")}
    assert not Pause.objects.exists()


def test_a_choice_holds_for_everybody_with_the_address_and_for_nobody_else():
    ada = make.customer(email="home@example.org")
    twin = make.customer(email="Home@Example.org")
    other, unknown = make.customer(), make.customer(email="")

    save(signed_in(ada), [])
    save(signed_in(unknown), [])

    decided = set(Consent.objects.values_list("customer_id", flat=True))
    assert decided == {ada.pk, twin.pk, unknown.pk}
    assert ticked(signed_in(other), "email")


def test_what_is_no_choice_changes_nothing():
    ada = make.customer()
    strict = signed_in(ada, enforce_csrf_checks=True)

    assert signed_in(ada).post(URL, {"wish": "a pony"}).status_code == 400
    assert strict.post(URL, {"wish": "pause"}).status_code == 403
    assert Client().post(URL, {"wish": "pause"}).status_code == 403
    assert Client().get(URL).status_code == 403
    assert not Consent.objects.exists()
    assert not Delivery.objects.exists()
