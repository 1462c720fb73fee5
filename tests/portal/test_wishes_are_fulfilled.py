"""A member asks for a copy of their data or to be erased; staff fulfil it by one button."""

import json
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone
from time_machine import travel

from automations.models import StaffTask
from customers.models import Customer, MemberWish
from customers.services import erase_customer
from customers.tasks import erase_customers
from marketing_os.lib.models import ExportRecord
from marketing_os.lib.tokens import make_token
from messaging.models import Delivery, MessageTemplate
from messaging.services.content import shown_html
from messaging.services.suppressions import suppress
from tests import make
from tests.messaging import ledger
from tests.messaging.spam import MOST, needs_judge, score
from tests.parallel import WORKERS, in_parallel
from tests.portal.members import link_of
from tests.portal.signed import sign_in

pytestmark = pytest.mark.django_db
ME = "/me/"
BUTTON = "Send the link and complete"


def signed_in(who):
    client = Client()
    sign_in(client, who)
    return client


def asks(who, wish="copy"):
    """Let a member ask, and return the task that staff have by it."""
    signed_in(who).post(ME, {"wish": wish})
    return StaffTask.objects.latest("pk")


def page_of(client, task):
    return client.get(task.get_absolute_url()).content.decode()


def hand_over(client, task):
    url = f"/admin/automations/stafftask/{task.pk}/hand-over/"
    return client.post(url, follow=True).content.decode()


def only_mail(sink):
    ledger.send()
    [mail] = sink.mails
    return mail


def link_in(mail):
    html = mail.message.get_body(("html",)).get_content()
    return "/me/copy/" + html.partition("/me/copy/")[2].partition('"')[0]


def test_a_copy_is_sent_for_and_downloaded(admin_client, admin_user, smtp_sink, client):
    ada = make.customer(email="ada@example.org", attributes={"Illness": "flu"})
    task = asks(ada)
    assert BUTTON in page_of(admin_client, task)

    said = hand_over(admin_client, task)
    link = link_in(only_mail(smtp_sink))
    asked = client.get(link).content.decode()
    taken = ExportRecord.objects.count()
    file = client.post(link)

    assert "The link to the copy was sent." in said
    assert "a•••@example.org" in asked
    assert "flu" not in asked
    assert taken == 0
    held = json.loads(file.content)
    assert held["customers"]["customer"][0]["attributes"] == {"Illness": "flu"}
    assert file["Content-Disposition"].startswith("attachment")
    assert file["Cache-Control"] == "no-store"
    record = ExportRecord.objects.get()
    assert record.what == f"all about customer {ada.pk}"
    assert record.by == f"the customer, granted by {admin_user.username}"


def test_the_task_says_what_happened_and_its_history_too(admin_client, smtp_sink):
    ada = make.customer()
    task = asks(ada)

    hand_over(admin_client, task)
    Client().post(link_in(only_mail(smtp_sink)))

    task.refresh_from_db()
    assert (task.status, task.completed_at is not None) == ("completed", True)
    assert "was sent a link" in task.comments.get().text
    page = page_of(admin_client, task)
    assert BUTTON not in page
    assert "once, on" in page
    notes = LogEntry.objects.filter(object_id__in=[str(task.pk), str(ada.pk)])
    assert "granted" in notes.get(object_repr=f"#{ada.pk}").change_message
    assert "sent" in notes.get(object_repr=str(task)).change_message


@needs_judge
def test_the_mail_holds_nothing_personal_and_does_not_look_like_spam(
    admin_client, smtp_sink
):
    ada = make.customer(first_name="Zanzibar", email="zan@example.org")
    hand_over(admin_client, asks(ada))

    mail = only_mail(smtp_sink)

    parts = [mail.message.get_body((kind,)).get_content() for kind in ("html", "plain")]
    assert "Zanzibar" not in mail.message["Subject"] + "".join(parts)
    assert "/l/" not in "".join(parts)
    assert score(mail.message.as_bytes()) <= MOST


def test_staff_write_another_mail_by_reading_the_link_in_it(admin_client, smtp_sink):
    hand_over(admin_client, asks(make.customer()))
    mine = make.template(
        purpose="transactional", message="<p>Our own words {{ copy_link }}</p>"
    )
    type(mine.current_version).objects.filter(pk=mine.current_version_id).update(
        purpose="transactional", variables=["copy_link"]
    )

    hand_over(admin_client, asks(make.customer()))

    assert MessageTemplate.objects.count() == 2
    assert Delivery.objects.latest("pk").dispatch.template == mine


def test_staff_never_read_the_link(admin_client, smtp_sink):
    hand_over(admin_client, asks(make.customer()))
    link = link_in(only_mail(smtp_sink))
    delivery = Delivery.objects.latest("pk")

    page = admin_client.get(delivery.get_absolute_url()).content.decode()

    assert "Get my copy" in shown_html(delivery.content)
    assert link not in page + shown_html(delivery.content)


def test_only_who_may_export_or_erase_has_the_buttons(client):
    clerk = make.grant(
        make.user(), "automations.view_stafftask", "automations.change_stafftask"
    )
    client.force_login(clerk)
    copy, erase = asks(make.customer()), asks(make.customer(), "erase")

    pages = page_of(client, copy) + page_of(client, erase)
    hand_over(client, copy)

    assert BUTTON not in pages
    assert "Erase the member" not in pages
    assert "may export all" in pages
    copy.refresh_from_db()
    assert copy.status == "pending"
    assert not Delivery.objects.filter(dispatch__name__contains="Copy").exists()


@pytest.mark.django_db(transaction=True)
def test_pressed_many_times_at_once_one_mail_goes():
    staff = make.administrator()
    task = asks(make.customer())
    before = Delivery.objects.count()

    def press(_number):
        client = Client()
        client.force_login(staff)
        return hand_over(client, task)

    answers = in_parallel(press)

    assert Delivery.objects.count() == before + 1
    assert sum("The link to the copy was sent." in answer for answer in answers) == 1
    closed = sum("was closed meanwhile" in answer for answer in answers)
    assert closed == WORKERS - 1
    assert task.comments.count() == 1


@pytest.mark.django_db(transaction=True)
def test_asked_many_times_at_once_it_is_one_task():
    ada = make.customer()
    browsers = [signed_in(ada) for _number in range(WORKERS)]

    in_parallel(lambda number: browsers[number].post(ME, {"wish": "erase"}))

    assert (MemberWish.objects.count(), StaffTask.objects.count()) == (1, 1)


def test_a_mail_that_cannot_go_leaves_the_task_open(admin_client):
    ada = make.customer(email="gone@example.org")
    task = asks(ada)
    suppress("gone@example.org", "hard_bounce")

    said = hand_over(admin_client, task)

    assert "The mail cannot go: address is suppressed." in said
    task.refresh_from_db()
    assert task.status == "pending"
    assert MemberWish.objects.get().closed_at is None
    Customer.objects.update(email="")
    assert "no e-mail address" in page_of(admin_client, task)


def test_a_link_ends_with_its_days_and_with_the_address(
    admin_client, smtp_sink, settings, client
):
    settings.MEMBER_COPY_DAYS = 2
    ada = make.customer()
    hand_over(admin_client, asks(ada))
    link = link_in(only_mail(smtp_sink))

    with travel(timezone.now() + timedelta(days=1)):
        in_time = client.get(link).status_code
    with travel(timezone.now() + timedelta(days=3)):
        late = [client.get(link).status_code, client.post(link).status_code]
    Customer.objects.filter(pk=ada.pk).update(email="new@example.org")

    assert (in_time, late) == (200, [404, 404])
    assert client.post(link).status_code == 404


def test_a_link_gives_the_copy_a_few_times_only(admin_client, smtp_sink, client):
    hand_over(admin_client, asks(make.customer()))
    link = link_in(only_mail(smtp_sink))

    answers = [client.post(link).status_code for _time in range(6)]

    assert answers == [200] * 5 + [429]
    assert "You have your copy" in client.get(link).content.decode()


def test_a_new_grant_ends_the_link_before(admin_client, smtp_sink, client):
    task = asks(make.customer())
    hand_over(admin_client, task)
    first = link_in(only_mail(smtp_sink))
    steer = f"/admin/automations/stafftask/{task.pk}/steer/"
    admin_client.post(steer, {"verb": "reopen"})
    without = client.get(first).status_code
    smtp_sink.mails.clear()

    hand_over(admin_client, task)

    assert without == 404
    assert client.get(first).status_code == 404
    assert client.get(link_in(only_mail(smtp_sink))).status_code == 200


def test_no_other_link_opens_a_copy(admin_client, client):
    ada, ben = make.customer(), make.customer()
    hand_over(admin_client, asks(ada))
    granted = Delivery.objects.latest("pk")
    other = ledger.dispatch(ada).deliveries.get()
    bens = ledger.dispatch(ben).deliveries.get()
    mine = signed_in(ada)

    tokens = [
        make_token("copy-link", other.pk),
        make_token("copy-link", bens.pk),
        make_token("member-link", granted.pk),
        make_token("preferences", granted.pk),
        link_of(ada).rpartition("/")[2],
        "x" * 3000,
    ]

    assert {mine.get(f"/me/copy/{token}").status_code for token in tokens} == {404}
    assert {mine.post(f"/me/copy/{token}").status_code for token in tokens} == {404}
    right = make_token("copy-link", granted.pk)
    assert client.get(f"/me/copy/{right}").status_code == 200
    assert client.get(f"/me/in/{right}").status_code == 404
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(f"/me/copy/{right}").status_code == 403


def test_the_button_leads_to_the_erasure_which_completes_the_task(admin_client):
    ada = make.customer()
    task, copy = asks(ada, "erase"), asks(ada)
    way = page_of(admin_client, task).partition("/admin/customers/customer/erase/")[2]
    url = "/admin/customers/customer/erase/" + way.partition('"')[0].replace(
        "&amp;", "&"
    )

    asked = admin_client.get(url).content.decode()
    form = {"id": ada.pk, "confirm": ada.pk, "next": task.get_absolute_url()}
    meanwhile = admin_client.post(
        "/admin/customers/customer/erase/", form, follow=True
    ).content.decode()
    erase_customers()

    assert "This cannot be taken back." in asked
    assert f'value="{task.get_absolute_url()}"' in asked
    assert "The member is being erased." in meanwhile
    task.refresh_from_db()
    copy.refresh_from_db()
    assert (task.status, copy.status) == ("completed", "cancelled")
    wish = MemberWish.objects.get(kind="erase")
    assert wish.fulfilled_by.username == "admin"
    assert "Erased" in page_of(admin_client, task)


def test_an_erasure_in_another_way_settles_the_wishes_too():
    ada = make.customer()
    erase, copy = asks(ada, "erase"), asks(ada)

    erase_customer(ada, by=None)

    erase.refresh_from_db()
    copy.refresh_from_db()
    assert (erase.status, copy.status) == ("completed", "cancelled")
    assert not MemberWish.objects.filter(closed_at=None).exists()


def test_an_erased_member_downloads_nothing(admin_client, smtp_sink, client):
    ada = make.customer()
    hand_over(admin_client, asks(ada))
    link = link_in(only_mail(smtp_sink))

    erase_customer(ada, by=None)

    assert client.get(link).status_code == 404
    assert client.post(link).status_code == 404


def test_the_way_back_from_an_erasure_leads_nowhere_else(admin_client):
    ada = make.customer()
    form = {"id": ada.pk, "confirm": ada.pk, "next": "https://evil.example.org/"}

    answer = admin_client.post("/admin/customers/customer/erase/", form)

    assert answer["Location"] == "/admin/customers/customer/"


def test_the_members_page_says_how_far_a_wish_is(admin_client, settings):
    ada = make.customer(email="ada@example.org")
    browser = signed_in(ada)
    steer = "/admin/automations/stafftask/{}/steer/"

    def shown():
        return " ".join(browser.get(ME).content.decode().split())

    assert "You may have a copy" in shown()
    first = asks(ada)
    assert "Somebody checks it, then sends a link" in shown()
    assert "Ask for a copy" not in shown()
    admin_client.post(steer.format(first.pk), {"verb": "cancel"})
    assert "without a link" in shown()
    second = asks(ada)
    assert second != first
    hand_over(admin_client, second)
    assert "we sent a link to a•••@example.org" in shown()
    settings.MEMBER_COPY_DAYS = 0
    assert "is over." in shown()
    erase = asks(ada, "erase")
    assert "Somebody checks that it was you" in shown()
    admin_client.post(
        "/admin/customers/customer/erase/", {"id": ada.pk, "confirm": ada.pk}
    )
    assert "is being erased just now" in shown()
    assert erase.pk


def test_a_deleted_task_is_made_again_when_the_member_asks_again():
    ada = make.customer()
    asks(ada).delete()

    again = asks(ada)

    assert again.customer == ada
    assert MemberWish.objects.count() == 1


def test_reopened_tasks_open_no_second_wish_of_a_kind(admin_client):
    ada = make.customer()
    tasks = []
    for _time in range(2):
        tasks.append(asks(ada))
        url = f"/admin/automations/stafftask/{tasks[-1].pk}/steer/"
        admin_client.post(url, {"verb": "complete"})
    form = {
        "action": "reopen_selected",
        "_selected_action": [task.pk for task in tasks],
    }

    admin_client.post("/admin/automations/stafftask/?status=all", form)

    assert MemberWish.objects.filter(closed_at=None).count() == 1
    assert "no such wish" in hand_over(admin_client, tasks[1])
    assert "was sent" in hand_over(admin_client, tasks[0])
