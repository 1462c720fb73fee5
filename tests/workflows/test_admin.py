import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from automations.models import Enrolment, Workflow
from automations.services.workflows import enable, save_workflow
from automations.workflows.drafts import read_draft
from automations.workflows.happenings import EVENTS
from automations.workflows.steps import STEPS
from automations.workflows.trigger_fields import TRIGGERS
from automations.workflows.triggers import DAILY
from customers.services import add_tag
from segments.conditions import Catalogue
from tests import make
from tests.workflows.admin_form import (
    ADD,
    LIST,
    VIP,
    enter,
    fields,
    signed_in_as,
    text,
    url,
)
from tests.workflows.make import run, step, tag, trigger, workflow

pytestmark = pytest.mark.django_db


def test_the_empty_list_leads_on(admin):
    page = text(admin.get(LIST))

    assert "There are no workflows yet." in page
    assert "load_pack training_club" in page
    assert ADD in page


def test_the_list_counts_how_the_people_of_each_fared(
    admin, django_assert_max_num_queries
):
    made = workflow(
        step("offer_discount", duration_days=3),
        step("wait", until="duration", amount=1, unit="days"),
        goal=VIP,
    )
    one, two = make.customer(), make.customer()
    enter(made, one, two)
    add_tag([two.pk], "vip")
    Enrolment.objects.filter(customer=two).update(due_at="2020-01-01T00:00Z")
    run()
    for _more in range(5):
        workflow(tag("x"), enabled=False)

    with django_assert_max_num_queries(14):
        rows = admin.get(LIST).context["cl"].result_list

    figures = next(row for row in rows if row.pk == made.pk).figures
    assert (figures.entered, figures.active, figures.converted) == (2, 1, 1)
    assert figures.failures == 2  # an offer without a code


@pytest.mark.parametrize("page", ["change", "view", "changes"])
def test_a_hundred_mails_are_asked_about_at_once(admin, page):
    def queries(mails):
        ids = [make.template().pk for _mail in range(mails)]
        steps = [step("send_email", template_id=pk) for pk in ids]
        made = workflow(*steps, enabled=False)
        with CaptureQueriesContext(connection) as asked:
            assert admin.get(url(page, made)).status_code == 200
            saved = admin.post(url("change", made), fields(*steps, name=f"{mails}"))
        assert saved.status_code == 302
        return len(asked)

    queries(1)  # what is asked but once

    assert queries(100) == queries(2)


def test_the_list_is_filtered_by_state_and_trigger(admin):
    workflow(tag("x"), name="On")
    workflow(tag("x"), enabled=False, on=trigger("high_retention_risk"), name="Off")

    def names(query):
        return {row.name for row in admin.get(LIST + query).context["cl"].result_list}

    assert names("") == {"On", "Off"}
    assert names("?state=enabled") == {"On"}
    assert names("?trigger=high_retention_risk") == {"Off"}
    assert names("?state=archived") == set()


def test_a_workflow_is_saved_with_its_steps_and_is_not_enabled(admin):
    steps = [tag("seen"), step("branch", conditions=VIP, yes=[tag("yes")], no=[])]

    answer = admin.post(ADD, fields(*steps, goal=json.dumps(VIP)), follow=True)

    made = Workflow.objects.get(name="Welcome")
    assert "is saved" in text(answer)
    assert made.steps[1]["yes"][0]["parameters"] == {"tag": "yes"}
    assert made.goal == VIP
    assert not made.is_enabled


def test_each_wrong_step_says_what_is_wrong_and_nothing_is_lost(admin):
    steps = [
        step("add_tag", "first", tag=""),
        step(
            "branch",
            "fork",
            conditions=VIP,
            yes=[step("grant_credits", "inner", amount=-5)],
        ),
        tag("kept as it was"),
    ]

    page = text(admin.post(ADD, fields(*steps, description="Half done")))

    assert "2 steps are not right yet." in page
    assert "Enter or choose a value." in page
    assert "Enter an amount up to" in page
    assert "kept as it was" in page
    assert "Half done" in page
    assert not Workflow.objects.exists()


def test_what_was_not_chosen_is_asked_for_as_a_form_does(admin):
    steps = [step("wait", until="weekday"), step("send_email")]

    page = text(admin.post(ADD, fields(*steps, on=trigger("segment"))))

    assert page.count("Choose one.") == 2  # the segment, the template
    assert "Choose at least one." in page


def test_a_fault_of_the_trigger_stands_at_its_field(admin):
    on = trigger("low_engagement", inactive_days=0)

    answer = admin.post(ADD, fields(tag("x"), on=on))

    fault = answer.context["adminform"].form.faults["trigger"]
    assert fault.key == "inactive_days"
    assert "Enter a whole number from 1" in text(answer)


def test_a_cooldown_has_an_end(admin):
    """No calendar goes back so far: nobody could enter any workflow any more."""
    posted = fields(tag("x"), cooldown_period_days="2000000000")

    page = text(admin.post(ADD, posted))

    assert "less than or equal to 3650" in page
    assert not Workflow.objects.exists()


def test_a_form_without_a_trigger_says_so(admin):
    page = text(admin.post(ADD, fields(tag("x"), trigger="")))

    assert "Choose what starts the workflow." in page


@pytest.mark.parametrize("key", ["two words", "", "9th", "x" * 200, "__class__"])
def test_the_name_of_a_value_is_one_that_a_template_can_say(admin, key):
    page = text(admin.post(ADD, fields(tag("x"), context=json.dumps({key: "v"}))))

    assert "A name begins with a letter" in page


def test_the_second_of_two_who_edit_is_told(admin):
    made = workflow(tag("x"), enabled=False)
    change = url("change", made)
    based_on = admin.get(change).context["adminform"].form["based_on"].value()
    save_workflow(made, by=make.user(username="anna"))

    page = text(admin.post(change, fields(tag("mine"), based_on=based_on)))

    assert "anna has saved this workflow in the meantime" in page
    assert "mine" in page
    made.refresh_from_db()
    assert made.steps[0]["parameters"]["tag"] == "x"


def test_an_edit_tells_who_stays_in_the_version_before(admin):
    made = workflow(step("wait", until="duration", amount=9, unit="days"))
    enter(made, make.customer())
    change = url("change", made)

    assert "1 person is in version 1" in text(admin.get(change))
    page = text(admin.post(change, fields(tag("new"), name=made.name), follow=True))

    assert "1 person is in version 1; new entrants get version 2." in page
    assert "1 person is in version 1." in page


def test_the_picture_shows_who_is_where(admin):
    made = workflow(tag("x"), step("wait", until="duration", amount=9, unit="days"))
    enter(made, make.customer(), make.customer())

    page = admin.get(made.get_absolute_url())

    first, second = page.context["steps"]
    assert (first.people.passed, second.people.now) == (2, 2)
    assert "here now" in text(page)


def test_versions_stay_to_be_read(admin):
    made = workflow(tag("old"), enabled=False)
    made.steps = [tag("new")]
    save_workflow(made)

    listed = text(admin.get(url("versions", made)))
    first = text(admin.get(made.get_absolute_url() + "?version=1"))

    assert "Version 2" in listed
    assert "Add the tag “old”" in first
    assert "This is an older version." in first
    assert admin.get(made.get_absolute_url() + "?version=9").status_code == 404


def test_who_may_not_see_sensitive_attributes_cannot_ask_for_them(client):
    make.attribute("challenge", sensitive=True)
    leaf = {"type": "attribute", "attribute": "challenge", "operator": "is_set"}
    sensitive = {"version": 1, "all": [leaf]}
    marketer = signed_in_as(client, "Marketer")

    for sent in (
        fields(step("branch", conditions=sensitive, yes=[], no=[])),
        fields(tag("x"), goal=json.dumps(sensitive)),
        fields(tag("x"), on=trigger("conditions", conditions=sensitive)),
    ):
        marketer.post(ADD, sent)

    assert not Workflow.objects.exists()


def test_the_words_of_steps_are_told_while_they_are_written(admin):
    steps = [step("add_tag", "done", tag="x"), step("add_tag", "open")]

    answer = admin.post(
        reverse("admin:automations_workflow_check"), {"steps": json.dumps(steps)}
    )

    assert answer.json() == {"words": {"done": "Add the tag “x”"}}


def test_the_history_tells_changes_in_words(admin):
    made = workflow(tag("old"), enabled=False)
    made.steps = [tag("new")]
    save_workflow(made, by=make.user(username="anna"))
    enable(made)

    page = text(admin.get(url("changes", made)))

    assert "Add a tag: Add the tag “new”" in page
    assert "By anna." in page
    assert "Enabled" in page
    assert admin.get(url("history", made)).status_code == 200


def test_every_trigger_and_step_says_what_a_person_fills_in():
    for name, kind in (DAILY | EVENTS).items():
        asked = {one.key for one in TRIGGERS[name].fields}
        assert asked == set(kind.parameters), name
    for name, kind in STEPS.items():
        assert {one.key for one in kind.fields} == set(kind.keys), name


@pytest.mark.parametrize(
    "posted",
    [
        "",
        "\0",
        "[",
        "{}",
        "3",
        '"x"',
        "[1, null, []]",
        '[{"type": []}]',
        '[{"id": 1, "type": "branch", "yes": 3, "parameters": 7}]',
        '[{"id": "a", "type": "wait", "parameters": {"weekdays": {"a": 1}}}]',
        '[{"id": "a", "type": "add_tag", "parameters": {"tag": "\\ud800"}}]',
        '[{"id": "a", "type": "add_tag", "parameters": {"tag": "a\\u0000b"}}]',
        '[{"id": "a\\u0000", "type": "exit"}]',
        '[{"id": "a", "type": "grant_credits", "parameters": {"amount": 1e999}}]',
        '{"type": "birthday", "parameters": {"\\u0000": 1}, "more": 2}',
        '{"type": ["tag_added"]}',
        '{"type": "tag_added", "parameters": [1]}',
        '{"a": NaN}',
        '{"a": -1e999}',
        '{"a\\u0000b": "x", "c": {"d": []}, "e": "\\u0000"}',
        "[" * 5_000,
        '[{"type": "branch", "yes": ' * 60 + "[]" + "}]" * 60,
        "x" * 300_000,
    ],
)
def test_no_document_breaks_the_form(admin, posted):
    for name in ("trigger", "steps", "goal", "exit_conditions", "context"):
        answer = admin.post(ADD, fields(tag("x")) | {name: posted})
        assert answer.status_code in (200, 302), name
        Workflow.objects.all().delete()
    told = admin.post(reverse("admin:automations_workflow_check"), {"steps": posted})
    assert told.status_code in (200, 400)


@pytest.mark.parametrize("deep", [False, True])
def test_thousands_of_steps_cost_what_few_do(admin, deep):
    calls = [{"type": "webhook", "parameters": {"url": "x"}}] * 4_000
    posted = json.dumps([step("branch", yes=calls[:2_000])] * 2 if deep else calls)

    with CaptureQueriesContext(connection) as asked:
        told = admin.post(
            reverse("admin:automations_workflow_check"), {"steps": posted}
        )

    assert told.status_code == 200
    assert len(asked) < 300


def test_a_draft_says_what_is_wrong_with_a_step_of_an_unknown_kind():
    [one] = read_draft([{"id": "a", "type": "fax"}], Catalogue())

    assert one.fault.words == "There is no step of this kind."
