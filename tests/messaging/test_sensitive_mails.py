import pytest
from django.urls import reverse

from customers.models import AttributeDefinition
from messaging.models import Delivery
from tests import make
from tests.messaging import ledger

pytestmark = pytest.mark.django_db


@pytest.fixture
def addresses(settings, tmp_path):
    """The pages that show a mail with a health note, kept in the local mailbox."""
    settings.MAILBOX_DIR = tmp_path
    make.attribute("health", sensitive=True)
    who = make.customer(attributes={"health": "asthma"})
    template = make.template(
        message="<p>About your {{ customer['health'] }}</p>",
        subject="Living with {{ customer['health'] }}",
    )
    ledger.dispatch(who, template=template)
    ledger.send()
    pk = Delivery.objects.get().pk
    return [
        reverse("admin:messaging_mailbox"),
        reverse("admin:messaging_delivery_change", args=(pk,)),
        reverse("admin:messaging_delivery_mail", args=(pk,)),
        reverse("admin:messaging_mailbox_mail", args=(pk,)),
        reverse("admin:messaging_mailbox_html", args=(pk,)),
    ]


def pages(client, addresses):
    return [client.get(address).content.decode() for address in addresses]


def test_a_mail_with_sensitive_attributes_is_not_for_everybody(client, addresses):
    client.force_login(make.grant(make.user(), "messaging.view_delivery"))

    assert not any("asthma" in page for page in pages(client, addresses))


def test_whoever_may_see_sensitive_attributes_reads_the_mail(admin_client, addresses):
    found = pages(admin_client, addresses)

    assert "Living with asthma" in found[0]
    assert "asthma" in found[2]
    assert "asthma" in found[4]


def test_a_search_does_not_tell_what_a_hidden_subject_holds(client, addresses):
    client.force_login(make.grant(make.user(), "messaging.view_delivery"))

    found = client.get(addresses[0], {"q": "asthma"}).content.decode()

    assert "No mail has these words." in found
    assert "Receivers are searched." in found


def test_a_mail_of_plain_attributes_is_for_all_who_see_deliveries(client, addresses):
    AttributeDefinition.objects.update(sensitive=False)
    client.force_login(make.grant(make.user(), "messaging.view_delivery"))

    assert "asthma" in pages(client, addresses)[2]
