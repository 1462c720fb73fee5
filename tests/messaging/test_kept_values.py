import pytest
from django.urls import reverse

from messaging.models import DeliveryContent
from tests import make
from tests.messaging import ledger

pytestmark = pytest.mark.django_db
ATTRIBUTES = {"city": "Berlin", "health": "secret", "a.b": "dots", "age": 30}


def kept_for(message):
    make.customer(first_name="Ada", attributes=ATTRIBUTES)
    template = make.template(subject="Hello", message=message)
    version = template.current_version
    version.text = "Hello"
    version.save()
    delivery = ledger.dispatch(template=template).deliveries.get()
    ledger.send()
    delivery.refresh_from_db()
    assert delivery.state == "accepted"
    return delivery, DeliveryContent.objects.get().merge_values["customer"]


@pytest.mark.parametrize(
    ("message", "keys"),
    [
        ("<p>Hello</p>", set()),
        ("{{ customer['city'] }}", {"city"}),
        ('{{ customer [ "a.b" ] }}', {"a.b"}),
        (
            "{% if customer.age < 40 %}{{ customer.first_name }}{% endif %}",
            {"age", "first_name"},
        ),
        ("customer.health outside of a tag", set()),
    ],
)
def test_only_what_a_message_reads_is_kept(smtp_sink, message, keys):
    _delivery, kept = kept_for(message)

    assert set(kept) == keys


def test_where_it_cannot_be_told_what_is_read_all_is_kept(smtp_sink):
    _delivery, kept = kept_for("{{ (customer).city }}")

    assert set(ATTRIBUTES) <= set(kept)
    assert "Berlin" in smtp_sink.mails[0].message.get_body(("html",)).get_content()


def test_the_mail_made_again_from_the_kept_values_is_the_same(smtp_sink, admin_client):
    delivery, _kept = kept_for("<p>{{ customer['city'] }} {{ customer.age }}</p>")

    page = admin_client.get(
        reverse("admin:messaging_delivery_change", args=(delivery.pk,))
    ).content.decode()

    assert "is no longer the same" not in page
