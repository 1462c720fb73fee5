from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from time_machine import travel

from customers.models import Consent
from customers.services import record_consent
from marketing_os.lib.tokens import make_token
from messaging.models import Delivery, DeliveryEvent, Pause, Topic
from messaging.services import save_template
from messaging.services.topics import save_topic
from tests import make
from tests.messaging import ledger

pytestmark = pytest.mark.django_db
PAUSE = {"wish": "pause"}


@pytest.fixture
def strict_client():
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def events():
    return save_topic(Topic(name="Events", description="What happens near you."))


@pytest.fixture
def offers():
    return save_topic(Topic(name="Offers"))


def link(customer, **overrides):
    delivery = ledger.dispatch(customer, **overrides).deliveries.get()
    return f"/preferences/{make_token('preferences', delivery.pk)}"


def save(client, address, topics=(), channels=("email", "in_app")):
    choices = {"wish": "save", "topics": list(topics), "channels": list(channels)}
    return client.post(address, choices)


def state_of_a_new_mail(customer, **overrides):
    return ledger.states(ledger.dispatch(customer, **overrides))[customer]


def test_the_mail_names_the_page_of_preferences(smtp_sink, client, settings):
    make.customer()
    template = make.template(message="<p>{{ preferences_url }}</p><p>Bye</p>")
    ledger.dispatch(template=save_template(template))
    ledger.send()
    html = smtp_sink.mails[0].message.get_body(("html",)).get_content()
    address = html.partition("<p>")[2].partition("</p>")[0]

    page = client.get(address.removeprefix(settings.SITE_URL))

    assert page.status_code == 200
    assert "What would you like to get?" in page.content.decode()


def test_a_topic_that_is_declined_is_not_sent_and_others_are(
    strict_client, events, offers
):
    ada = make.customer()
    about_events = make.template(topic=events)

    save(strict_client, link(ada), topics=[offers.key])

    assert state_of_a_new_mail(ada, template=about_events) == (
        "skipped",
        "topic_declined",
    )
    assert state_of_a_new_mail(ada, template=make.template(topic=offers))[0] == (
        "pending"
    )
    assert state_of_a_new_mail(ada)[0] == "pending"


def test_a_declined_topic_does_not_stop_what_is_not_marketing(client, events):
    ada = make.customer()
    save(client, link(ada))
    receipt = make.template(topic=events, purpose="transactional")

    assert state_of_a_new_mail(ada, template=receipt)[0] == "pending"


def test_a_topic_can_be_chosen_again(client, events):
    ada = make.customer()
    address = link(ada)
    about_events = make.template(topic=events)
    save(client, address)

    page = save(client, address, topics=[events.key]).content.decode()

    assert "Your choices are saved." in page
    assert 'value="events" checked' in page
    assert state_of_a_new_mail(ada, template=about_events)[0] == "pending"


def test_a_choice_overrules_an_older_one_of_the_channel_alone(client, events):
    ada = make.customer()
    address = link(ada)
    Consent.objects.create(
        customer=ada, channel="email", topic=events.key, granted=False, source="file"
    )

    save(client, address, topics=[events.key])

    template = make.template(topic=events)
    assert state_of_a_new_mail(ada, template=template)[0] == "pending"


def test_a_choice_holds_before_the_next_claim(smtp_sink, client, events):
    ada, ben = make.customer(), make.customer()
    address = link(ada)
    waiting = ledger.dispatch(ada, ben, template=make.template(topic=events))

    save(client, address)
    ledger.send()

    assert ledger.states(waiting) == {
        ada: ("skipped", "topic_declined"),
        ben: ("accepted", ""),
    }


def test_a_channel_can_be_left_out(client):
    ada = make.customer()

    save(client, link(ada), channels=["in_app"])

    assert state_of_a_new_mail(ada) == ("skipped", "no_consent")


def test_channels_that_need_a_telephone_are_offered_to_those_with_one(client):
    without = client.get(link(make.customer())).content.decode()
    having = client.get(link(make.customer(mobile="+44 20 7946 0000")))

    assert "WhatsApp" not in without
    assert "WhatsApp" in having.content.decode()


def test_what_the_page_did_not_offer_stays_as_it_was(client, events):
    ada = make.customer()
    record_consent(ada, granted=False, source="test", channel="sms")

    save(client, link(ada), topics=[events.key])

    assert list(Consent.objects.values_list("channel", "granted")) == [("sms", False)]


def test_a_pause_stops_marketing_for_thirty_days(client):
    ada = make.customer()
    address = link(ada)

    page = client.post(address, PAUSE).content.decode()

    assert "We will send you no marketing until" in page
    assert state_of_a_new_mail(ada) == ("skipped", "paused")
    receipt = make.template(purpose="transactional")
    assert state_of_a_new_mail(ada, template=receipt)[0] == "pending"
    Pause.objects.update(until=timezone.now() - timedelta(days=1))
    assert state_of_a_new_mail(ada)[0] == "pending"


def test_the_pause_ends_after_thirty_days_and_not_before(client):
    now = timezone.now()
    with travel(now, tick=False):
        client.post(link(make.customer()), PAUSE)

    assert (Pause.objects.get().until - now).days == 30


def test_a_pause_can_be_ended(client):
    ada = make.customer()
    address = link(ada)
    client.post(address, PAUSE)

    page = client.post(address, {"wish": "end-pause"}).content.decode()

    assert "Your pause is over." in page
    assert state_of_a_new_mail(ada)[0] == "pending"


def test_choices_and_pauses_hold_for_everybody_with_the_address(client, events):
    ada = make.customer(email="Family@example.org")
    twin = make.customer(email="family@EXAMPLE.org")
    other = make.customer()
    address = link(ada)

    save(client, address)
    client.post(address, PAUSE)

    assert {pause.customer for pause in Pause.objects.all()} == {ada, twin}
    assert not Consent.objects.filter(customer=other).exists()
    decided = Consent.objects.filter(topic=events.key, granted=False)
    assert {consent.customer for consent in decided} == {ada, twin}


@pytest.mark.parametrize("method", ["get", "head", "options"])
def test_looking_changes_nothing(strict_client, method, events):
    address = link(make.customer())

    for _ in range(5):
        assert getattr(strict_client, method)(address).status_code == 200

    assert not Consent.objects.exists()
    assert not Pause.objects.exists()
    assert not DeliveryEvent.objects.exists()


def test_saving_what_is_chosen_already_records_no_decision(client, events):
    save(client, link(make.customer()), topics=[events.key])

    assert not Consent.objects.exists()


@pytest.mark.parametrize("body", [{}, {"wish": "everything"}, {"wish": "\0"}])
def test_another_wish_is_refused_and_changes_nothing(client, body):
    assert client.post(link(make.customer()), body).status_code == 400

    assert not Consent.objects.exists()


def test_unknown_topics_and_channels_are_passed_over(client, events):
    address = link(make.customer())

    response = save(client, address, topics=["\0", "nothing"], channels=["fax\0"])

    assert response.status_code == 200
    known = Consent.objects.values_list("channel", "topic")
    assert set(known) == {("email", ""), ("in_app", ""), ("", events.key)}


def test_a_token_made_for_something_else_opens_nothing(client):
    address = link(make.customer())
    pk = Delivery.objects.get().pk
    wrong = [make_token("unsubscribe", pk), address[13:-1], "x", "%00", "é" * 9]

    for token in wrong:
        for method in (client.get, client.post):
            response = method(f"/preferences/{token}", PAUSE)
            assert response.status_code == 404, token

    assert not Pause.objects.exists()
    assert client.get(f"/u/{address[13:]}").status_code == 404


def test_topics_with_the_same_letters_get_keys_of_their_own(admin_client):
    for name in ("Événements", "Evenements", "日本"):
        data = {"name": name, "description": "", "is_active": "on"}
        admin_client.post("/admin/messaging/topic/add/", data)

    assert set(Topic.objects.values_list("key", "name")) == {
        ("evenements", "Événements"),
        ("evenements-2", "Evenements"),
        ("topic", "日本"),
    }


def test_a_new_name_keeps_what_was_chosen(admin_client, client, events):
    ada = make.customer()
    save(client, link(ada))

    admin_client.post(
        f"/admin/messaging/topic/{events.key}/change/",
        {"name": "Meetings", "description": "", "is_active": "on"},
    )

    template = make.template(topic=Topic.objects.get(name="Meetings"))
    assert state_of_a_new_mail(ada, template=template)[1] == "topic_declined"


def test_a_topic_in_use_cannot_be_deleted(admin_client, events):
    make.template(topic=events)

    admin_client.post(f"/admin/messaging/topic/{events.key}/delete/", {"post": "yes"})

    assert Topic.objects.filter(pk=events.key).exists()
