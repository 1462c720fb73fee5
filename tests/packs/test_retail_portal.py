"""The shop's workflows by the clock, and what its customers read about themselves."""

from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.utils import timezone
from time_machine import travel

from automations.models import Workflow
from automations.services.workflows import enable
from customers.models import MemberOffer
from funnel.services import record_activity, record_move
from messaging.models import DeliveryContent, MessageTemplate
from messaging.services.content import remake
from portal.models import PublicPage
from portal.services import handle_messages, save_public_page
from tests import make
from tests.messaging import ledger
from tests.messaging.ledger import send
from tests.packs.reached import mails, notes, tasks
from tests.portal.signed import sign_in
from tests.workflows.make import run, state_of, tags_of

pytestmark = pytest.mark.django_db
LONDON = ZoneInfo("Europe/London")
TODAY = datetime(2026, 3, 2, 4, tzinfo=LONDON)
DAY = timedelta(days=1)
WRITTEN = {"name": "Ada", "email": "ada@example.org", "message": "Hi"}


@pytest.fixture(autouse=True)
def shop():
    call_command("load_pack", "retail_portal", "--without-people")


def enabled(name, since=TODAY - DAY):
    return enable(Workflow.objects.get(name=f"Shop: {name}"), now=since)


def shopper(**fields):
    known = {"shops_at": "online", "favourite_range": "garden"}
    attributes = known | fields.pop("attributes", {})
    return make.customer(timezone=LONDON.key, attributes=attributes, **fields)


def buy(who, *, at, amount=40):
    make.activity(who, "purchase", occurred_at=at, amount=Decimal(amount))


def quiet(**fields):
    who = shopper(**fields)
    buy(who, at=TODAY - 90 * DAY)
    return who


def leaving(spent, **fields):
    who = shopper(**fields)
    for days in (80, 60):
        buy(who, at=TODAY - days * DAY, amount=spent / 2)
    return who


def healthy():
    who = shopper()
    for days in (40, 3):
        buy(who, at=TODAY - days * DAY, amount=300)
    return who


def test_who_registers_gets_the_link_to_their_own_page():
    enabled("your personal page", since=timezone.now() - DAY)
    who = shopper()

    record_move(who, funnel_type="sales", to_stage="registered", source="test")
    run()

    assert mails(who) == ["your personal page"]


def test_the_first_purchase_is_thanked_for_and_followed_by_ideas():
    enabled("first purchase", since=timezone.now() - DAY)
    who = shopper()

    record_activity(who, "purchase", source="test", amount=Decimal(40))
    for days in (0, 22):
        run(timezone.now() + days * DAY)

    assert mails(who) == ["first purchase", "three ideas"]
    assert [title for title, _ in notes(who)] == ["Thank you for your order"]
    assert state_of(who) == "completed"


def test_the_second_purchase_ends_the_welcome():
    enabled("first purchase", since=timezone.now() - DAY)
    who = shopper()

    record_activity(who, "purchase", source="test")
    run()
    record_activity(who, "purchase", source="test")
    run(timezone.now() + 22 * DAY)

    assert mails(who) == ["first purchase"]
    assert state_of(who) == "converted"


def test_low_engagement_is_asked_what_it_likes():
    enabled("low engagement")
    who = quiet()

    for days in (0, 15):
        run(TODAY + days * DAY)

    assert mails(who) == ["what would you like", "three ideas"]
    assert tags_of(who) == {"quiet"}


def test_churn_risk_gets_a_code_and_the_best_customers_a_call():
    make.user(username="grace")
    enabled("churn risk")
    good, best = leaving(150), leaving(600)

    for days in (0, 15):
        run(TODAY + days * DAY)

    assert mails(good) == mails(best) == ["a reason to come back"]
    assert MemberOffer.objects.get(customer=good).offer_code == "BACK15"
    assert [title for title, _ in notes(good)] == ["A code for your next order"]
    assert not tasks(good)
    [(staff, wish, priority)] = tasks(best)
    assert (staff, wish[:5], priority) == ("grace", "Call ", "high")


def test_a_purchase_ends_both_and_nobody_else_enters():
    enabled("low engagement")
    enabled("churn risk")
    who, regular = leaving(600), healthy()

    run(TODAY)
    buy(who, at=TODAY + 3 * DAY)
    run(TODAY + 15 * DAY)

    assert state_of(who) == "converted"
    assert not tasks(who)
    assert not mails(regular)


def test_who_is_no_customer_of_the_shop_stays_out():
    enabled("low engagement")
    enabled("churn risk")
    others = [make.customer(timezone=LONDON.key) for _ in range(2)]
    for days in (80, 60):
        buy(others[0], at=TODAY - days * DAY, amount=300)

    run(TODAY)

    assert [mails(who) for who in others] == [[], []]


@pytest.fixture
def letter():
    def read(**attributes):
        who = shopper(attributes=attributes)
        template = MessageTemplate.objects.get(name="Shop: made for your screen")
        ledger.dispatch(who, template=template)
        send()
        mail, is_the_same = remake(DeliveryContent.objects.get(delivery__customer=who))
        assert is_the_same
        return mail

    return read


@pytest.mark.parametrize(
    ("device", "subject", "hint"),
    [
        ("Mobile", "in your pocket", "home screen"),
        ("Tablet", "Leaf through", "with a swipe"),
        ("Desktop", "in your room", "planner"),
        (None, "in your room", "planner"),
    ],
)
def test_a_mail_depends_on_the_device(device, subject, hint, letter):
    mail = letter(device=device) if device else letter()

    assert subject in mail.subject
    assert hint in mail.text


STATUSES = {
    "New Customer": "We do not know each other yet",
    "Low Engagement": "we have not heard much of each other",
    "Churn Risk": "we miss you! Your last order was on 1 January 2026",
    "Healthy": "Thank you for your 2 orders",
}


@pytest.mark.parametrize("status", STATUSES)
def test_each_status_has_its_own_words_on_the_page(status, client):
    people = {
        "New Customer": lambda: shopper(email=""),
        "Low Engagement": quiet,
        "Churn Risk": lambda: leaving(600),
        "Healthy": healthy,
    }
    with travel(TODAY, tick=False):
        sign_in(client, people[status]())
        page = client.post("/", WRITTEN).content.decode()

    assert status in page
    assert STATUSES[status] in page


def test_who_writes_gets_the_mail_with_the_link_once_staff_chose_it(client, smtp_sink):
    shopper(email=WRITTEN["email"])
    template = MessageTemplate.objects.get(name="Shop: your personal page")
    page = PublicPage.current()
    page.link_template = template
    save_public_page(page)

    client.post("/", WRITTEN)
    handle_messages()
    send()

    [mail] = smtp_sink.mails
    html = mail.message.get_body(("html",)).get_content()
    link = "/me/in/" + html.partition("/me/in/")[2].partition('"')[0]
    assert client.post(link).status_code == 302
