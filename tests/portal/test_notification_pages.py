import pytest
from django.test import Client

from messaging.models import Delivery, Notification
from tests import make
from tests.portal.members import browser_of, told

pytestmark = pytest.mark.django_db
LIST = "/me/notifications/"
ACTS = ("read", "dismiss", "bring-back")


def shown(browser, query=""):
    return browser.get(LIST + query).content.decode()


def test_a_member_without_notifications_is_told_so():
    assert "Nothing here yet" in shown(browser_of(make.customer()))


def test_a_member_sees_title_message_and_what_is_new():
    ada = make.customer()
    told(ada, title="50 classes", message="One line.\nAnother line.", icon="trophy")

    page = shown(browser_of(ada))

    assert "50 classes" in page
    assert "One line.<br>Another line." in page
    assert "#icon-trophy" in page
    assert "1 unread" in page
    assert "<title>(1) Notifications" in page


def test_times_are_those_of_the_members_zone():
    ada = make.customer(timezone="Pacific/Kiritimati")
    one = told(ada)
    Notification.objects.update(created_at="2026-03-01T23:30:00Z")

    assert "2 March 2026, 13:30" in shown(browser_of(ada))
    assert one.pk


def test_a_member_reaches_nothing_of_another_by_any_id():
    ada, ben = make.customer(), make.customer()
    hers = told(ada, title="For Ada", action_url="https://club.example.org/secret")
    stranger, owner = browser_of(ben), browser_of(ada)

    for act in ACTS:
        assert stranger.post(f"{LIST}{hers.pk}/{act}").status_code == 404, act
    assert stranger.get(f"{LIST}{hers.pk}/follow").status_code == 404
    stranger.post(f"{LIST}read-all")
    Notification.objects.update(dismissed_at="2026-03-01T00:00:00Z")
    assert "For Ada" not in shown(stranger, f"?dismissed={hers.pk}")
    assert "For Ada" in shown(owner, f"?dismissed={hers.pk}")
    Notification.objects.update(dismissed_at=None)

    assert "For Ada" not in shown(stranger)
    hers.refresh_from_db()
    assert hers.read_at is None
    for act in ACTS:
        assert owner.post(f"{LIST}{hers.pk}/{act}").status_code == 302, act
    assert owner.get(f"{LIST}{hers.pk}/follow").status_code == 302


def test_nobody_acts_without_a_session():
    hers = told(make.customer())
    client = Client()

    answers = [client.post(f"{LIST}{hers.pk}/{act}").status_code for act in ACTS]
    answers.append(client.get(f"{LIST}{hers.pk}/follow").status_code)
    answers.append(client.post(f"{LIST}read-all").status_code)

    assert answers == [403] * 5
    hers.refresh_from_db()
    assert (hers.read_at, hers.dismissed_at) == (None, None)


def test_no_other_site_acts_for_a_member():
    ada = make.customer()
    hers = told(ada)
    browser = browser_of(ada)
    browser.handler.enforce_csrf_checks = True

    for act in (*(f"{hers.pk}/{act}" for act in ACTS), "read-all"):
        assert browser.post(f"{LIST}{act}").status_code == 403, act
    assert browser.post("/me/out").status_code == 403


def test_reading_counts_as_opened_and_following_as_a_click():
    ada = make.customer()
    one = told(ada, title="One")
    two = told(ada, title="Two", action_url="https://club.example.org/rewards")
    browser = browser_of(ada)

    browser.post(f"{LIST}{one.pk}/read")
    onward = browser.get(f"{LIST}{two.pk}/follow")

    assert onward["Location"] == "https://club.example.org/rewards"
    assert onward["Referrer-Policy"] == "no-referrer"
    read, followed = (Delivery.objects.get(notification=one) for one in (one, two))
    assert (read.opened_at is not None, read.clicked_at) == (True, None)
    assert followed.opened_at == followed.clicked_at is not None
    assert "unread" not in shown(browser).partition("<ul")[0]


@pytest.mark.parametrize("url", ["mailto:desk@example.org", "tel:+442079460000", "/x"])
def test_a_link_may_lead_to_more_than_pages(url):
    ada = make.customer()
    one = told(ada, action_url=url)

    assert browser_of(ada).get(f"{LIST}{one.pk}/follow")["Location"] == url


def test_what_was_dismissed_is_brought_back():
    ada = make.customer()
    one = told(ada, title="Take this")
    browser = browser_of(ada)

    after = browser.post(f"{LIST}{one.pk}/dismiss", follow=True).content.decode()

    assert "“Take this” is dismissed." in after
    assert f'id="n{one.pk}"' not in after
    browser.post(f"{LIST}{one.pk}/bring-back")
    assert f'id="n{one.pk}"' in shown(browser)


def test_long_lists_come_in_pages():
    ada = make.customer()
    Notification.objects.bulk_create(
        Notification(customer=ada, title=f"Number {number}!") for number in range(45)
    )
    browser = browser_of(ada)

    first = shown(browser)
    older = first.rpartition("?before=")[2].partition('"')[0]
    second = shown(browser, f"?before={older}")

    assert ("Number 44!" in first, "Number 25!" in first) == (True, True)
    assert "Number 24!" not in first
    assert ("Number 24!" in second, "Number 5!" in second) == (True, True)
    assert "Number 25!" not in second
    assert "Nothing older" in shown(browser, "?before=1")


@pytest.mark.parametrize("text", ["x", "-1", "0", "9" * 40, "٣", "%00", ""])
def test_a_page_that_is_none_is_the_first(text):
    ada = make.customer()
    told(ada, title="Here")
    browser = browser_of(ada)

    assert "Here" in shown(browser, f"?before={text}&dismissed={text}")
    assert browser.post(f"{LIST}read-all", {"before": text}).status_code == 302


def test_news_cost_one_query_and_304_when_nothing_changed(django_assert_num_queries):
    ada = make.customer()
    told(ada)
    browser = browser_of(ada)
    with django_assert_num_queries(1):
        first = browser.get(f"{LIST}news")

    same = browser.get(f"{LIST}news", headers={"if-none-match": first["ETag"]})
    told(ada)
    changed = browser.get(f"{LIST}news", headers={"if-none-match": first["ETag"]})

    assert first.json()["unread"] == 1
    assert (same.status_code, same.content) == (304, b"")
    assert changed.json()["unread"] == 2


def test_pages_are_kept_by_nobody_and_run_nothing_of_their_own():
    ada = make.customer()
    told(ada, title="<script>alert(1)</script>", message="<b>bold</b>", icon='"><i>')

    response = browser_of(ada).get(LIST)

    page = response.content.decode()
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert "unsafe" not in response["Content-Security-Policy"]
    assert response["Cache-Control"] == "no-store"
    assert "<script>alert" not in page
    assert "<b>" not in page
    assert " style=" not in page
