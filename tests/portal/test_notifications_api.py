import pytest
from django.db import connection
from django.db.models import Sum
from django.test import Client
from django.test.utils import CaptureQueriesContext

from customers.models import EventOutbox, EventSubscription
from messaging.models import Delivery, DeliveryEvent, Notification, VisitCount
from tests import make
from tests.parallel import in_parallel
from tests.portal.members import CENTRE, host_page, told

pytestmark = pytest.mark.django_db
VERBS = ("read", "dismiss", "bring-back", "follow")


def titles(client):
    return [one["title"] for one in client.get(CENTRE).json()["results"]]


def test_a_member_sees_what_was_sent_the_newest_first():
    ada = make.customer()
    told(ada, title="First")
    told(ada, title="Second", icon="star", action_url="https://club.example.org/")

    newest, oldest = host_page(ada).get(CENTRE).json()["results"]

    assert (newest["title"], oldest["title"]) == ("Second", "First")
    assert newest["icon"] == "star"
    assert newest["action_url"] == "https://club.example.org/"
    assert newest["read_at"] is None


def test_a_member_reaches_nothing_of_another_by_any_id():
    ada, ben = make.customer(), make.customer()
    hers = told(ada, action_url="https://club.example.org/secret")

    for verb in VERBS:
        response = host_page(ben).post(f"{CENTRE}{hers.pk}/{verb}/")
        assert response.status_code == 404, verb
    host_page(ben).post(f"{CENTRE}read-all/")

    assert titles(host_page(ben)) == []
    assert host_page(ben).get(f"{CENTRE}news/").json() == {"unread": 0, "newest": 0}
    hers.refresh_from_db()
    assert (hers.read_at, hers.dismissed_at) == (None, None)
    assert not DeliveryEvent.objects.exists()
    for verb in VERBS:
        response = host_page(ada).post(f"{CENTRE}{hers.pk}/{verb}/")
        assert response.status_code in (200, 204), verb
        Notification.objects.update(dismissed_at=None)


def test_reading_counts_as_opened_by_a_person_once():
    ada = make.customer()
    one = told(ada)

    for _again in range(2):
        assert host_page(ada).post(f"{CENTRE}{one.pk}/read/").status_code == 204

    assert Delivery.objects.get(customer=ada).opened_at is not None
    assert Delivery.objects.get(customer=ada).clicked_at is None
    assert [event.is_human for event in DeliveryEvent.objects.all()] == [True]


def test_following_the_link_counts_as_a_click_and_marks_it_as_read():
    ada = make.customer()
    one = told(ada, action_url="https://club.example.org/rewards")

    response = host_page(ada).post(f"{CENTRE}{one.pk}/follow/")

    assert response.json() == {"action_url": "https://club.example.org/rewards"}
    delivery = Delivery.objects.get(customer=ada)
    assert delivery.clicked_at == delivery.opened_at is not None
    assert Notification.objects.get().read_at is not None


def test_nothing_is_counted_where_tracking_is_off(settings):
    settings.TRACKING = "off"
    ada = make.customer()
    one = told(ada)

    host_page(ada).post(f"{CENTRE}{one.pk}/read/")

    assert Notification.objects.get().read_at is not None
    assert Delivery.objects.get(customer=ada).opened_at is None


def test_all_are_marked_as_read_and_one_is_dismissed():
    ada = make.customer()
    told(ada, title="Stays")
    goes = told(ada, title="Goes")
    client = host_page(ada)
    assert client.get(f"{CENTRE}news/").json()["unread"] == 2

    client.post(f"{CENTRE}read-all/")
    client.post(f"{CENTRE}{goes.pk}/dismiss/")

    assert titles(client) == ["Stays"]
    assert client.get(f"{CENTRE}news/").json() == {"unread": 0, "newest": goes.pk}
    assert Delivery.objects.exclude(opened_at=None).count() == 2


def test_what_was_dismissed_is_brought_back():
    ada = make.customer()
    one = told(ada, title="Take this")
    client = host_page(ada)
    client.post(f"{CENTRE}{one.pk}/dismiss/")
    assert titles(client) == []
    assert client.post(f"{CENTRE}{one.pk}/read/").status_code == 404

    answer = client.post(f"{CENTRE}{one.pk}/bring-back/")

    assert answer.status_code == 204
    assert titles(client) == ["Take this"]


def test_many_are_marked_as_read_by_as_many_queries_as_one(settings):
    def queries_for(count):
        ada = make.customer()
        for _number in range(count):
            told(ada)
        client = host_page(ada)
        with CaptureQueriesContext(connection) as asked:
            client.post(f"{CENTRE}read-all/")
        assert not Notification.objects.filter(read_at=None).exists()
        return asked.captured_queries

    few, many = queries_for(1), queries_for(12)

    assert not Delivery.objects.filter(opened_at=None).exists()
    assert len(few) == len(many) <= 10
    [write] = [one for one in many if "UPDATE notifications" in one["sql"]]
    assert "RETURNING" in write["sql"]
    settings.TRACKING = "anonymous"
    assert len(queries_for(3)) == 3
    assert VisitCount.objects.aggregate(sum=Sum("count"))["sum"] == 3


@pytest.mark.django_db(transaction=True)
def test_marked_as_read_at_once_each_is_opened_once():
    ada = make.customer()
    for _number in range(5):
        told(ada)

    in_parallel(lambda _number: host_page(ada).post(f"{CENTRE}read-all/"))

    assert DeliveryEvent.objects.filter(kind="opened").count() == 5


def test_what_was_read_is_told_to_workflows():
    ada = make.customer()
    template = str(told(ada).delivery.dispatch.template_id)
    told(ada)
    EventSubscription.objects.create(
        kind="message_opened", name=template, owner="workflow:1"
    )

    for _again in range(2):
        host_page(ada).post(f"{CENTRE}read-all/")

    assert EventOutbox.objects.get().name == template


def test_news_cost_one_query_and_nothing_when_nothing_changed(
    django_assert_num_queries,
):
    ada = make.customer()
    told(ada)
    client = host_page(ada)
    with django_assert_num_queries(1):
        first = client.get(f"{CENTRE}news/")

    same = client.get(f"{CENTRE}news/", headers={"if-none-match": first["ETag"]})
    told(ada)
    changed = client.get(f"{CENTRE}news/", headers={"if-none-match": first["ETag"]})

    assert (same.status_code, same.content) == (304, b"")
    assert changed.json()["unread"] == 2


def test_only_pages_of_named_sites_may_ask(settings):
    settings.MEMBER_ORIGINS = ["https://club.example.org"]
    allowed = "Access-Control-Allow-Origin"
    client = host_page(make.customer())

    def ask(origin, method="get"):
        return getattr(client, method)(CENTRE, headers={"origin": origin})

    ours, theirs = "https://club.example.org", "https://elsewhere.example.org"
    assert ask(ours)[allowed] == ours
    assert allowed not in ask(theirs)
    assert allowed not in ask("null")
    before = Client().options(CENTRE, headers={"origin": ours})
    assert (before.status_code, before[allowed]) == (204, ours)
    assert "Authorization" in before["Access-Control-Allow-Headers"]
    refused = Client().get(CENTRE, headers={"origin": ours})
    assert (refused.status_code, refused[allowed]) == (401, ours)


@pytest.mark.parametrize("pk", ["0", "999999999999999999999999", "x", "-1"])
def test_an_id_of_nothing_is_not_found(pk):
    client = host_page(make.customer())

    for verb in VERBS:
        assert client.post(f"{CENTRE}{pk}/{verb}/").status_code == 404
