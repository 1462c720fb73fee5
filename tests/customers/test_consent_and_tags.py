import threading

import pytest
from django.db import connections

from customers.models import Consent, EventOutbox, EventSubscription
from customers.services import add_tag, record_consent, remove_tag
from marketing_os.lib.errors import DomainError
from tests import make


@pytest.mark.django_db
def test_the_same_decision_twice_is_recorded_once():
    ada = make.customer()

    decisions = [
        record_consent(ada, granted=granted, source="page")
        for granted in (False, False, True, False)
    ]

    assert decisions[0] == decisions[1]
    granted = Consent.objects.order_by("id").values_list("granted", flat=True)
    assert list(granted) == [False, True, False]


@pytest.mark.django_db
def test_channels_and_topics_are_decided_apart():
    ada = make.customer()

    record_consent(ada, granted=False, source="page")
    record_consent(ada, granted=False, source="page", channel="sms")
    record_consent(ada, granted=False, source="page", topic="news", evidence="form 7")

    assert Consent.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_the_same_decision_from_many_requests_at_once_is_recorded_once():
    ada = make.customer()

    def decide():
        try:
            record_consent(ada, granted=False, source="page")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=decide) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Consent.objects.count() == 1


@pytest.mark.django_db
def test_a_tag_is_put_on_once_and_told_to_its_subscribers():
    EventSubscription.objects.create(kind="tag", name="vip", owner="workflow:1")
    ada, bob = make.customer(), make.customer()

    assert add_tag([ada.pk], " vip ") == 1
    assert add_tag([ada.pk, bob.pk, 999_999_999], "vip") == 1
    assert add_tag([ada.pk], "other") == 1

    told = EventOutbox.objects.order_by("id").values_list("name", "customer_id")
    assert list(told) == [("vip", ada.pk), ("vip", bob.pk)]
    assert remove_tag([ada.pk, bob.pk], "vip") == 2


@pytest.mark.django_db
@pytest.mark.parametrize("tag", ["", " ", "x" * 101, "a\0"])
def test_a_tag_that_cannot_be_is_refused(tag):
    with pytest.raises(DomainError, match="A tag has 1 to 100 characters"):
        add_tag([make.customer().pk], tag)
