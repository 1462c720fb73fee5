from datetime import timedelta

import pytest
from django.utils import timezone

from automations.models import StaffTask
from funnel.models import Activity
from messaging.models import Delivery
from messaging.services import save_template
from portal.checks import check_public_demo
from portal.models import PublicPage, VisitorMessage
from portal.services import handle_messages, save_public_page
from portal.tasks import forget_visitors
from tests import make
from tests.messaging import ledger
from tests.portal.signed import sign_in

pytestmark = pytest.mark.django_db
WRITTEN = {"name": "Ada", "email": "ada@example.org", "message": "Do you open at 6?"}
POLICY = "default-src 'none'"


def write(client, **overrides):
    return client.post("/", WRITTEN | overrides)


def test_the_page_says_what_staff_wrote_and_asks_nobody_else(client):
    save_public_page(PublicPage(headline="A club for <all>"))

    page = client.get("/")

    assert "A club for &lt;all&gt;" in page.content.decode()
    assert page["Content-Security-Policy"].startswith(POLICY)


def test_a_stranger_learns_nothing_about_an_address(client):
    make.customer(email="Ada@example.org", first_name="Adalbert")

    known, unknown = write(client), write(client, email="nobody@example.org")

    assert known.content == unknown.content
    assert known.status_code == unknown.status_code == 200
    assert "Adalbert" not in known.content.decode()


def test_whether_an_address_is_known_costs_no_query(client, django_assert_num_queries):
    make.customer(email="ada@example.org")

    for email in ("ada@example.org", "nobody@example.org"):
        with django_assert_num_queries(3):
            write(client, email=email)


def test_a_demo_tells_the_status_behind_an_address(client, settings):
    settings.PUBLIC_DEMO = True
    make.customer(email="ada@example.org", first_name="Adalbert")

    known = write(client).content.decode()
    unknown = write(client, email="nobody@example.org").content.decode()

    assert "Low Engagement" in known
    assert "Adalbert" in known
    assert "New Customer" in unknown


def test_a_message_becomes_an_activity_and_a_task(client):
    ada = make.customer(email="ada@example.org")
    write(client, email="ADA@example.org")

    assert handle_messages() == 1
    assert handle_messages() == 0

    noted = Activity.objects.get(customer=ada)
    assert noted.name == "message"
    assert noted.properties["message"] == WRITTEN["message"]
    task = StaffTask.objects.get(customer=ada)
    assert WRITTEN["message"] in task.description


def test_the_message_of_somebody_unknown_is_kept_and_asked_about(client):
    write(client)

    handle_messages()

    kept = VisitorMessage.objects.get()
    assert str(kept.pk) in StaffTask.objects.get(customer=None).description
    assert not Activity.objects.exists()


def test_no_task_is_made_where_staff_do_not_want_any(client):
    save_public_page(PublicPage(makes_task=False))
    write(client)

    handle_messages()

    assert not StaffTask.objects.exists()


def test_a_customer_gets_the_link_once_a_day(client):
    ada = make.customer(email="ada@example.org")
    template = make.template(purpose="transactional")
    save_public_page(PublicPage(link_template=template))
    write(client)
    write(client)
    write(client, email="nobody@example.org")

    assert handle_messages() == 3

    assert Delivery.objects.get().customer == ada


@pytest.mark.parametrize("name", ["member_link", "personal_url"])
def test_the_mail_opens_the_page_with_the_status_of_its_customer_only(
    name, client, smtp_sink
):
    make.customer(email="ada@example.org", first_name="Adalbert")
    make.customer(email="bea@example.org", first_name="Bernadette")
    message = f'<a href="{{{{ {name} }}}}">Your page</a>'
    template = save_template(make.template(purpose="transactional", message=message))
    save_public_page(PublicPage(link_template=template))
    write(client)
    handle_messages()
    ledger.send()

    [mail] = smtp_sink.mails
    html = mail.message.get_body(("html",)).get_content()
    link = "/me/in/" + html.partition("/me/in/")[2].partition('"')[0]
    assert client.post(link).status_code == 302
    page = client.get("/me/").content.decode()

    assert "Adalbert, we have not heard much of each other" in page
    assert "Low Engagement" in page
    assert "Bernadette" not in page


def test_what_stands_in_a_customer_is_text_and_no_page(client):
    sign_in(client, make.customer(first_name="<script>alert(1)</script>{{ 7 }}"))

    for page in (write(client), client.get("/me/")):
        shown = page.content.decode()
        assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7 }}" in shown
        assert "<script>alert" not in shown


@pytest.mark.parametrize(
    "odd",
    [
        {"name": ""},
        {"email": "no address"},
        {"message": " "},
        {"name": "a\0b"},
        {"message": "x" * 2_001},
        {"email": "x" * 400 + "@example.org"},
    ],
)
def test_bad_input_is_named_and_not_kept(client, odd):
    page = write(client, **odd)

    assert page.status_code == 400
    assert 'aria-invalid="true"' in page.content.decode()
    assert not VisitorMessage.objects.exists()


def test_who_falls_into_the_trap_hears_nothing_of_it(client):
    good = write(client)
    VisitorMessage.objects.all().delete()

    trapped = write(client, website="https://spam.example.org")

    assert trapped.content == good.content
    assert not VisitorMessage.objects.exists()


def test_one_network_address_may_write_so_often_an_hour(client, settings):
    settings.PUBLIC_MESSAGES_PER_HOUR = 2
    assert [write(client).status_code for _ in range(3)] == [200, 200, 429]

    assert client.post("/", WRITTEN, REMOTE_ADDR="203.0.113.9").status_code == 200


def test_a_member_who_is_signed_in_reads_their_own_status(client):
    ada = make.customer(email="ada@example.org", first_name="Adalbert")
    make.customer(email="bea@example.org", first_name="Bernadette")
    sign_in(client, ada)

    page = write(client, email="bea@example.org").content.decode()
    handle_messages()

    assert "Adalbert" in page
    assert "Bernadette" not in page
    assert VisitorMessage.objects.get().customer == ada


def test_a_demo_behind_tls_is_warned_of(settings):
    settings.PUBLIC_DEMO, settings.HTTPS = True, True
    assert [found.id for found in check_public_demo(None)] == ["portal.W001"]

    settings.PUBLIC_DEMO = False
    assert not check_public_demo(None)


def test_messages_are_deleted_when_their_time_is_over(settings):
    settings.VISITOR_MESSAGE_DAYS = 10
    for days in (0, 2, 9, 11, 400):
        sent_at = timezone.now() - timedelta(days=days)
        waits = days == 400
        VisitorMessage.objects.create(
            name="Ada",
            visitor="somewhere",
            sent_at=sent_at,
            handled_at=None if waits else sent_at,
        )

    forget_visitors()

    assert VisitorMessage.objects.count() == 4
    assert VisitorMessage.objects.exclude(visitor="").count() == 1
    settings.VISITOR_MESSAGE_DAYS = 0
    VisitorMessage.objects.update(handled_at=timezone.now())
    forget_visitors()
    assert VisitorMessage.objects.count() == 4
