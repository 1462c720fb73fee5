import json

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from automations.models import Workflow
from automations.services.workflows import save_workflow
from tests import make
from tests.axe import assert_accessible, assert_fits
from tests.workflows.make import run, step, tag, trigger, workflow

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ADD = reverse("admin:automations_workflow_add")
LOOKS = [("light", 1280), ("dark", 1280), ("light", 390), ("dark", 390)]
VIP = {"version": 1, "all": [{"type": "tag", "operator": "has", "tags": ["vip"]}]}


@pytest.fixture
def editor(page, client, live_server):
    """A browser in which an administrator is signed in."""
    client.force_login(make.administrator())
    session = client.cookies["sessionid"].value
    page.context.add_cookies(
        [{"name": "sessionid", "value": session, "url": live_server.url}]
    )
    return page


def change_url(of):
    return reverse("admin:automations_workflow_change", args=(of.pk,))


def steps_of(page):
    """The document that the form would send."""
    return json.loads(page.input_value("[name=steps]"))


def tags_of(steps):
    return [one["parameters"]["tag"] for one in steps]


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def tab_to(page, name):
    """Move the focus by the Tab key alone until it is on what has a name."""
    for _try in range(120):
        press(page, "Tab")
        if page.evaluate(
            """(name) => {
                const one = document.activeElement;
                const label = one.getAttribute("aria-label")
                    || one.labels?.[0]?.textContent || one.textContent;
                return label.replace(/\\s+/g, " ").trim().endsWith(name);
            }""",
            name,
        ):
            return
    raise AssertionError(f"The Tab key does not lead to {name}.")


def choose_step(page, name):
    """In the list of steps that has opened, press Enter on one."""
    expect(page.locator("[data-chooser]")).to_be_visible()
    tab_to(page, name)
    press(page, "Enter")
    expect(page.locator("[data-chooser]")).to_be_hidden()


def step_card(page, number):
    return page.locator("[data-way=root] .wf-card").nth(number)


def type_into(page, name, words):
    tab_to(page, name)
    page.keyboard.type(words)


def add_step(page, where, kind):
    tab_to(page, where)
    press(page, "Enter")
    choose_step(page, kind)


def test_a_workflow_with_a_branch_is_built_by_keyboard_alone(editor):
    editor.goto(ADD)
    type_into(editor, "Name", "Three steps")
    type_into(editor, "Members enter", "Gets a tag")
    type_into(editor, "Tag", "enter")
    add_step(editor, "Add a step at the beginning", "Grant credits")
    editor.keyboard.type("2.5")
    add_step(editor, "Add a step after this one", "Branch")
    tab_to(editor, "Condition")
    press(editor, "Enter")
    editor.keyboard.type("Tag")
    type_into(editor, "Tags. Type a value, then Enter", "vip")
    press(editor, "Enter")
    add_step(editor, "Add a step at the beginning of yes", "Add a tag")
    editor.keyboard.type("gold")
    expect(step_card(editor, 2)).to_contain_text("Add the tag “gold”")
    tab_to(editor, "Save")
    press(editor, "Enter")
    editor.wait_for_url("**/view/")

    made = Workflow.objects.get(name="Three steps")
    credits, branch = made.steps
    assert made.trigger == {"type": "tag_added", "parameters": {"tag": "enter"}}
    assert credits["parameters"] == {"amount": 2.5}
    assert branch["parameters"]["conditions"] == VIP
    assert tags_of(branch["yes"]) == ["gold"]
    expect(editor.get_by_text("For customers with the tag “vip”")).to_be_visible()


def test_steps_are_moved_in_and_out_of_a_branch_by_keyboard(editor):
    made = workflow(
        tag("one"),
        step("branch", "fork", conditions=VIP, yes=[tag("inner")]),
        tag("two"),
        enabled=False,
    )
    editor.goto(change_url(made))
    two = editor.locator("[data-way=root] > .wf-step").nth(2)

    two.locator("[data-do=into-yes]").focus()
    press(editor, "Enter")
    expect(editor.locator("[data-said]")).to_have_text("Moved. If yes Step 2 of 2")
    fork = steps_of(editor)[1]
    assert tags_of(fork["yes"]) == ["inner", "two"]

    tab_to(editor, "Move this step up")
    press(editor, "Enter")
    assert tags_of(steps_of(editor)[1]["yes"]) == ["two", "inner"]
    press(editor, "Enter")
    moved = steps_of(editor)
    assert [one["type"] for one in moved] == ["add_tag", "add_tag", "branch"]
    press(editor, "Enter")
    assert tags_of(steps_of(editor)[:2]) == ["two", "one"]

    editor.click("[name=_save]")
    editor.wait_for_url("**/view/")
    made.refresh_from_db()
    assert tags_of(made.steps[:2]) == ["two", "one"]


def test_a_deleted_step_comes_back_where_it_was(editor):
    made = workflow(tag("one"), tag("two"), tag("three"), enabled=False)
    editor.goto(change_url(made))

    editor.locator("[data-do=delete]").nth(1).click()
    assert tags_of(steps_of(editor)) == ["one", "three"]
    expect(editor.get_by_role("button", name="Undo")).to_be_focused()
    press(editor, "Enter")

    assert tags_of(steps_of(editor)) == ["one", "two", "three"]


def test_a_failed_save_keeps_what_was_typed_and_tells_each_step(editor):
    editor.goto(ADD)
    editor.fill("[name=name]", "Half")
    editor.select_option("[data-trigger]", label="Low engagement")
    editor.get_by_label("No activity for days").fill("many")
    editor.click("[data-add=first]")
    editor.click("[data-kind-of-step=grant_credits]")
    editor.get_by_role("textbox", name="Credits").fill("-3")
    editor.click("[data-add=after]")
    editor.click("[data-kind-of-step=wait]")
    editor.get_by_label("How long").select_option(label="Until a weekday and hour")
    editor.get_by_label("Tuesday").check()
    editor.click("[data-do=add-row]")
    editor.fill("[data-name]", "coach")
    editor.fill("[data-value]", "Sam")

    editor.click("[name=_save]")

    expect(editor.get_by_label("No activity for days")).to_have_value("many")
    expect(editor.get_by_text("Enter a whole number.")).to_be_visible()
    expect(step_card(editor, 0)).to_contain_text("Enter an amount up to")
    expect(editor.get_by_role("textbox", name="Credits")).to_have_value("-3")
    expect(step_card(editor, 1)).to_contain_text("Wait until Tuesday, 09:00")
    expect(editor.locator("[data-value]")).to_have_value("Sam")

    editor.get_by_label("No activity for days").fill("45")
    editor.get_by_role("textbox", name="Credits").fill("3")
    editor.click("[name=_save]")
    editor.wait_for_url("**/view/")
    made = Workflow.objects.get(name="Half")
    assert made.trigger["parameters"]["inactive_days"] == 45
    assert made.steps[1]["parameters"]["weekdays"] == [1]
    assert made.context == {"coach": "Sam"}


def test_a_fault_in_a_branch_stands_at_its_condition(editor):
    editor.goto(ADD)
    editor.fill("[name=name]", "Half")
    editor.select_option("[data-trigger]", label="Another system asks by the API")
    editor.click("[data-add=first]")
    editor.click("[data-kind-of-step=branch]")
    editor.click(".wf-card .cond-foot button:has-text('Condition')")
    editor.get_by_label("Kind of condition").select_option("inactive")

    editor.click("[name=_save]")

    expect(editor.locator(".cond-row .cond-error")).to_have_text(
        "Enter a whole number."
    )


def test_filters_of_an_activity_are_chosen_and_stay(editor):
    make.activity(make.customer(), "class attended", properties={"hall": "A"})
    editor.goto(ADD)
    editor.fill("[name=name]", "Hall A")
    editor.select_option("[data-trigger]", label="Does something")
    editor.get_by_role("combobox", name="Activity").fill("class attended")
    editor.get_by_role("button", name="Only where").click()
    editor.get_by_label("Property").fill("hall")
    editor.get_by_label("Property").press("Tab")
    editor.get_by_label("Value", exact=True).fill("A")

    editor.click("[name=_save]")
    editor.wait_for_url("**/view/")

    [made] = Workflow.objects.all()
    [where] = made.trigger["parameters"]["where"]
    assert (where["property"], where["value"]) == ("hall", "A")
    editor.goto(change_url(made))
    expect(editor.get_by_label("Property")).to_have_value("hall")


def test_what_cannot_be_sent_yet_is_shown_with_the_reason(editor):
    editor.goto(ADD)

    editor.click("[data-add=first]")

    sms = editor.get_by_role("button", name="Send an SMS")
    expect(sms).to_be_disabled()
    expect(sms).to_contain_text("cannot be sent yet")
    press(editor, "Escape")
    expect(editor.locator("[data-add=first]").first).to_be_focused()


def test_the_pages_of_workflows_fit_and_can_be_used_by_everybody(editor):
    made = workflow(
        tag("one"),
        step(
            "branch",
            conditions=VIP,
            yes=[step("branch", conditions=VIP, yes=[tag("deep")], no=[tag("else")])],
        ),
        step("wait", until="duration", amount=9, unit="days"),
        name="A workflow whose name is rather long, as staff like them",
        goal=VIP,
        context={"coach": "Sam"},
    )
    make.customer()
    run()
    made.steps = [*made.steps, tag("new")]
    save_workflow(made)
    save_workflow(Workflow(name="Other", trigger=trigger("api_call"), steps=[tag("x")]))

    def look(name, *arguments, opened=None):
        editor.goto(reverse(f"admin:automations_workflow_{name}", args=arguments))
        if opened:
            editor.locator(opened).first.click()
        for theme, width in LOOKS:
            editor.emulate_media(color_scheme=theme)
            editor.set_viewport_size({"width": width, "height": 860})
            assert_fits(editor)
            assert_accessible(editor)

    look("changelist")
    look("add")
    look("change", made.pk, opened="[data-type=branch] [data-do=edit]")
    look("change", made.pk, opened="[data-add=first]")
    for name in ("view", "versions", "changes", "disable"):
        look(name, made.pk)
