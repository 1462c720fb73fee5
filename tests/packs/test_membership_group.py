"""The way of a member through the group's workflows, by what their system tells."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from automations.models import Workflow
from automations.services.workflows import enable
from customers.models import AttributeDefinition
from marketing_os.lib.api.keys import SCOPES, create_key
from messaging.models import DeliveryContent, MessageTemplate
from messaging.services.content import remake
from tests import make
from tests.api.conftest import client_with
from tests.messaging.ledger import send
from tests.packs.reached import mails, notes
from tests.workflows.make import run, state_of

pytestmark = pytest.mark.django_db
PERSON = {
    "username": "ada",
    "age": 34,
    "gender": "non-binary",
    "device": "Desktop",
    "paying_member": False,
    "qualified_for_leader": False,
}


@pytest.fixture(autouse=True)
def group():
    call_command("load_pack", "membership_group", "--without-people")
    for workflow in Workflow.objects.all():
        enable(workflow)


@pytest.fixture
def convert():
    _key, secret = create_key("booking system", list(SCOPES))
    client = client_with(secret)

    def post(who, name):
        body = {"customer_id": who.pk}
        answer = client.post(f"/api/v1/conversions/{name}/", body, format="json")
        assert answer.status_code in (200, 201), answer.content
        return answer

    return post


def member(**attributes):
    return make.customer(attributes=PERSON | attributes)


def attend(who, times):
    now = timezone.now()
    for number in range(times):
        at = now - timedelta(days=number + 1)
        make.activity(who, "class_attended", occurred_at=at)


@pytest.mark.parametrize(
    ("conversion", "mail"),
    [
        ("signup", "signup"),
        ("attend_first_session", "first session"),
        ("upgrade", "upgrade"),
        ("attend_first_paid_session", "first session as a member"),
    ],
)
def test_there_is_a_mail_for_every_conversion(conversion, mail, convert):
    who = member()

    convert(who, conversion)
    convert(who, conversion)
    run()

    assert mails(who) == [mail]


@pytest.fixture
def welcome(convert):
    def read(**attributes):
        who = member(**attributes)
        convert(who, "signup")
        run()
        send()
        mail, is_the_same = remake(DeliveryContent.objects.get(delivery__customer=who))
        assert is_the_same
        return mail

    return read


def test_the_welcome_names_the_person_and_the_challenge(welcome):
    told = welcome(username="ada", mental_health_challenge="anxiety")

    assert "Hello ada" in told.text
    assert "that anxiety is what you would like to talk about" in told.text
    assert told.subject == "Welcome to Open Circle, ada"
    assert "talk about" not in welcome(mental_health_challenge=None).text


@pytest.mark.parametrize(("age", "is_young"), [(29, True), (30, False), (None, False)])
def test_under_thirty_is_young(age, is_young, welcome):
    assert ("young members" in welcome(age=age).text) is is_young


@pytest.mark.parametrize(
    ("gender", "women", "men"),
    [("female", True, False), ("male", False, True), ("non-binary", False, False)],
)
def test_women_and_men_hear_of_their_circles(gender, women, men, welcome):
    text = welcome(gender=gender).text

    assert ("among women" in text, "among men" in text) == (women, men)


@pytest.mark.parametrize(
    ("device", "hint"), [("Mobile", True), ("Tablet", True), ("Desktop", False)]
)
def test_only_who_has_a_phone_or_tablet_hears_of_the_app(device, hint, welcome):
    assert ("our app" in welcome(device=device).text) is hint


@pytest.mark.parametrize(
    ("sessions", "pays", "leads"),
    [(51, True, True), (50, True, False), (51, False, False)],
)
def test_more_than_fifty_sessions_and_paying_makes_a_leader(sessions, pays, leads):
    who = member(paying_member=pays)
    attend(who, sessions)

    run(timezone.now() + timedelta(days=1))

    who.refresh_from_db()
    assert who.attributes["qualified_for_leader"] is leads
    assert mails(who) == (["would you lead"] if leads else [])
    assert len(notes(who)) == leads


def test_a_leader_is_asked_once():
    who = member(paying_member=True)
    attend(who, 60)

    for days in range(1, 30, 7):
        run(timezone.now() + timedelta(days=days))

    assert mails(who) == ["would you lead"]
    assert state_of(who) == "completed"


def test_the_number_of_sessions_is_a_setting(settings):
    workflow = Workflow.objects.get(name="Circle: new leaders")
    [_pays, enough, _not_yet] = workflow.trigger["parameters"]["conditions"]["all"]

    assert enough["value"] == settings.LEADER_AFTER_SESSIONS + 1


def test_no_subject_and_no_notification_tells_of_health():
    templates = MessageTemplate.objects.all()

    assert {template.type for template in templates} == {"email", "in_app"}
    for template in templates:
        seen = template.subject + template.preheader + template.title
        assert "challenge" not in seen
        assert template.type == "email" or "challenge" not in template.message


def test_the_challenge_is_sensitive():
    assert AttributeDefinition.objects.get(name="mental_health_challenge").sensitive
