import pytest
from django.test import Client

from automations.models import StaffTask
from tests import make
from tests.portal.members import browser_of

pytestmark = pytest.mark.django_db
ME = "/me/"


def test_the_page_leads_to_notifications_and_preferences():
    browser = browser_of(make.customer(first_name="Ada"))

    page = browser.get(ME).content.decode()

    assert "Hello Ada" in page
    assert "/me/notifications/" in page
    assert 'href="/me/preferences/"' in page


@pytest.mark.parametrize(
    ("wish", "words"), [("copy", "a copy of their data"), ("erase", "to be erased")]
)
def test_a_wish_becomes_one_task_of_the_member(wish, words):
    ada = make.customer()
    browser = browser_of(ada)

    for _again in range(2):
        answer = browser.post(ME, {"wish": wish}, follow=True)

    assert "We got it." in answer.content.decode()
    task = StaffTask.objects.get()
    assert task.customer == ada
    assert words in task.description


def test_what_is_no_wish_asks_for_nothing():
    browser = browser_of(make.customer())

    assert browser.post(ME, {"wish": "a pony"}).status_code == 400
    assert Client().post(ME, {"wish": "erase"}).status_code == 403
    assert not StaffTask.objects.exists()
