"""What a workflow adds to the values that its messages are filled in with."""

from datetime import timedelta

import pytest
from django.utils import timezone

from customers.services import add_tag
from messaging.models import MessageTemplate, Notification
from messaging.services import save_template
from messaging.templating.compiler import Source, compile_message
from messaging.templating.context import attribute_names, workflow_examples
from segments.errors import ConditionError
from tests import make
from tests.messaging.ledger import send
from tests.workflows.make import run, step, trigger, workflow

pytestmark = pytest.mark.django_db


def letter(text, **fields):
    """A mail whose text is this, line for line."""
    values = {
        "name": f"Template {make.next_number()}",
        "type": "email",
        "templating_type": "text",
        "purpose": "transactional",
        "subject": "News",
        "message": text,
    } | fields
    return save_template(MessageTemplate(**values))


def mail(text, **parameters):
    return step("send_email", template_id=letter(text).pk, **parameters)


def mailed(smtp_sink):
    assert send() == 1
    return smtp_sink.mails[-1].message.get_body().get_content().strip()


def enter(who):
    add_tag([who.pk], "enter")
    run()


def test_a_mail_reads_the_member_the_workflow_and_the_step(smtp_sink):
    names = "{{ member_first_name }}|{{ club }}|{{ coach }}|{{ nothing }}"
    workflow(
        mail(names, context="coach = Grace\n"),
        context={"club": "North", "coach": "Alan"},
    )

    enter(make.customer(first_name="Ada"))

    assert mailed(smtp_sink) == "Ada|North|Grace|"


def test_it_reads_the_offer_and_the_credits_of_its_own_enrolment(smtp_sink):
    who = make.customer()
    workflow(
        step("offer_discount", offer_code="FIRST", duration_days=3),
        step("offer_discount", offer_code="SECOND", duration_days=3),
        step("grant_credits", amount=5),
        mail("{{ offer_code }} {{ credits_granted }} of {{ credit_balance }}"),
    )
    workflow(
        step("grant_credits", amount=2),
        step("offer_discount", offer_code="OTHER", duration_days=3),
        on=trigger("tag_added", tag="before"),
    )
    add_tag([who.pk], "before")
    run()

    enter(who)

    assert mailed(smtp_sink) == "SECOND 5 of 7"


def test_it_reads_what_let_the_member_in(smtp_sink, api_events):
    who = make.customer()
    workflow(
        mail("{{ event.name }} with {{ event.properties.coach }}"),
        on=trigger("activity_performed", name="booked"),
    )

    api_events(who, "booked", properties={"coach": "Grace"})
    run()

    assert mailed(smtp_sink) == "booked with Grace"


def test_it_reads_the_parameters_of_the_trigger(smtp_sink):
    who = make.customer()
    made = workflow(
        mail("{{ workflow_name }}: {{ trigger.value }}"),
        on=trigger("milestone_achieved", type="activity", value=2, activity="x"),
    )
    for _time in range(2):
        make.activity(who, "x")

    run(timezone.now().replace(hour=12) + timedelta(days=1))

    assert mailed(smtp_sink) == f"{made.name}: 2"


def test_a_notification_reads_the_same():
    who = make.customer()
    template = save_template(
        MessageTemplate(
            name="Notice",
            type="in_app",
            title="{{ offer_code }} for you",
            message="In {{ club }}",
            icon="redeem",
            action_url="/me/offers?code={{ offer_code|urlencode }}",
        )
    )
    workflow(
        step("offer_discount", offer_code="A B", duration_days=3),
        step("send_in_app_notification", template_id=template.pk),
        context={"club": "North"},
    )

    enter(who)
    made = Notification.objects.get(customer=who)

    assert (made.title, made.message) == ("A B for you", "In North")
    assert (made.icon, made.action_url) == ("redeem", "/me/offers?code=A%20B")


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "java\tscript:alert(1)",
        "data:text/html,<b>x",
        "//elsewhere.example.org",
        "/\\elsewhere.example.org",
        "cid:picture",
        "#here",
    ],
)
def test_a_link_that_a_value_makes_harmful_is_left_out(link):
    who = make.customer()
    template = save_template(
        MessageTemplate(
            name="Notice",
            type="in_app",
            title="News",
            message="News",
            action_url="{{ target }}",
        )
    )
    workflow(
        step("send_in_app_notification", template_id=template.pk),
        context={"target": link},
    )

    enter(who)

    assert Notification.objects.get(customer=who).action_url == ""


def warnings_of(text):
    source = Source(subject="News", templating_type="text", message=text)
    found = compile_message(source).warnings(attribute_names(), workflow_examples())
    return [one.message for one in found if "is not known" in one.message]


def test_the_editor_knows_the_names_that_workflows_have():
    text = "{{ offer_code }} {{ event.name }} {{ club }} {{ coach }}"
    assert len(warnings_of(text)) == 2

    workflow(mail("Hello", context="coach = Grace"), context={"club": "North"})

    assert warnings_of(text) == []
    assert workflow_examples()["coach"] == "Grace"


@pytest.mark.parametrize("lines", ["no equals", "a b = 1", "1st = 2", "customer = x"])
def test_values_that_no_template_could_read_are_refused(lines):
    with pytest.raises(ConditionError) as refused:
        workflow(mail("Hello", context=lines))
    assert refused.value.path == "steps[0].parameters.context"
