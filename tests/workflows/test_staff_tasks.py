"""Staff's own work: what is to be done, by whom, and what was noted on it."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse
from django.utils import timezone

from automations.models import StaffTask, TaskComment
from automations.workflows.happenings import take_events
from automations.workflows.walking import advance
from customers.services import add_tag, erase_customer
from tests import make
from tests.parallel import in_parallel
from tests.workflows.make import run, step, workflow

pytestmark = pytest.mark.django_db
LIST = reverse("admin:automations_stafftask_changelist")


def task(words="Call her", **fields):
    days = fields.pop("due_in", None)
    if days is not None:
        fields["due_date"] = timezone.localdate() + timedelta(days=days)
    return StaffTask.objects.create(description=words, **fields)


def listed(client, **search):
    response = client.get(LIST, search)
    assert response.status_code == 200
    return [row.description for row in response.context["cl"].result_list]


def press(client, one, verb, **more):
    url = reverse("admin:automations_stafftask_steer", args=(one.pk,))
    response = client.post(url, {"verb": verb, **more})
    one.refresh_from_db()
    return response


def test_what_is_to_be_done_stands_by_its_day_the_overdue_first(admin_client):
    task("no day")
    task("tomorrow", due_in=1)
    task("overdue", due_in=-3)
    task("today", due_in=0, status="in_progress")
    task("done", due_in=-9, status="completed")

    assert listed(admin_client) == ["overdue", "today", "tomorrow", "no day"]
    assert listed(admin_client, status="overdue") == ["overdue"]
    assert listed(admin_client, status="completed") == ["done"]
    assert len(listed(admin_client, status="all")) == 5


def test_my_tasks_are_mine_and_counted_in_the_menu(client):
    me = make.administrator()
    client.force_login(me)
    task("mine", assignee=me)
    task("hers", assignee=make.user())
    task("nobody's")

    assert listed(client, assignee="me") == ["mine"]
    assert listed(client, assignee="nobody") == ["nobody's"]
    items = client.get(LIST).context["sidebar_navigation"]
    badges = {str(i["title"]): i.get("badge") for g in items for i in g["items"]}
    assert badges["Staff tasks"] == 1


def test_a_list_is_found_by_its_member_and_its_workflow(admin_client):
    ada, other = make.customer(first_name="Adalbert"), make.customer()
    made = workflow(step("assign_task_to_staff"))
    add_tag([ada.pk], "enter")
    run()
    task("by hand", customer=other)

    assert listed(admin_client, q="Adalbert") == [f"Follow up with member {ada}"]
    assert listed(admin_client, workflow=made.pk) == [f"Follow up with member {ada}"]


@pytest.mark.parametrize(
    "search",
    [
        {"assignee": "x"},
        {"status": "nonsense"},
        {"workflow": "99999999999999999999"},
        {"due_from": "0000-99-99"},
        {"q": "\0"},
    ],
)
def test_no_search_breaks_the_list(admin_client, search):
    assert admin_client.get(LIST, search).status_code in (200, 302)


def test_one_click_completes_and_reopens_a_task_and_returns_to_the_list(admin_client):
    one = task()

    answer = press(admin_client, one, "complete", next=f"{LIST}?assignee=me")

    assert answer.url == f"{LIST}?assignee=me"
    assert (one.status, one.completed_at is None) == ("completed", False)

    press(admin_client, one, "reopen")

    assert (one.status, one.completed_at) == ("pending", None)
    said = [e.change_message for e in LogEntry.objects.order_by("id")]
    assert said == ["Completed.", "Reopened."]


def test_a_button_leads_to_no_other_site(admin_client):
    answer = press(admin_client, task(), "complete", next="https://evil.example/")

    assert answer.url.startswith("/admin/")


def test_a_task_is_completed_once_by_two_people(admin_client):
    one = task()
    press(admin_client, one, "complete")
    first = one.completed_at

    press(admin_client, one, "complete")

    assert one.completed_at == first
    assert LogEntry.objects.count() == 1


def test_a_link_alone_changes_nothing(admin_client):
    one = task()

    url = reverse("admin:automations_stafftask_steer", args=(one.pk,))
    assert admin_client.get(url, {"verb": "complete"}).status_code == 405

    one.refresh_from_db()
    assert one.status == "pending"


def test_many_are_completed_and_given_to_somebody_at_once(admin_client):
    nina = make.user(username="nina")
    ours = [task(f"Task {number}") for number in range(3)]
    chosen = {"_selected_action": [one.pk for one in ours]}

    asked = admin_client.post(LIST, {"action": "assign_selected", **chosen})
    assert "Give 3 tasks to" in asked.content.decode()
    admin_client.post(
        LIST, {"action": "assign_selected", "assignee": nina.pk, **chosen}
    )
    admin_client.post(LIST, {"action": "complete_selected", **chosen})

    assert StaffTask.objects.filter(assignee=nina, status="completed").count() == 3


def test_a_task_goes_only_to_active_staff(admin_client):
    gone = make.user(is_active=False)
    one = task()

    answer = press(admin_client, one, "assign", assignee=gone.pk)

    assert one.assignee is None
    page = admin_client.get(answer.url)
    assert "Choose a member of staff." in page.content.decode()


def test_a_comment_stays_with_its_author_and_the_task(client):
    nina = make.administrator(first_name="Nina", last_name="Novak")
    client.force_login(nina)
    one = task()
    url = reverse("admin:automations_stafftask_comment", args=(one.pk,))

    client.post(url, {"text": "Called, <b>no</b> answer."})
    refused = client.post(url, {"text": " "})

    page = client.get(one.get_absolute_url()).content.decode()
    assert "Nina Novak" in page
    assert "&lt;b&gt;no&lt;/b&gt;" in page
    assert "Write what you want to note." in refused.content.decode()
    assert TaskComment.objects.count() == 1


def test_who_may_only_look_sees_no_button_and_changes_nothing(client):
    viewer = make.grant(make.user(), "automations.view_stafftask")
    client.force_login(viewer)
    one = task("Look at me")

    assert "One click" not in client.get(LIST).content.decode()
    assert press(client, one, "complete").status_code == 403
    assert client.get(one.get_absolute_url()).status_code == 200
    assert one.status == "pending"


def test_the_page_of_a_customer_shows_their_tasks(admin_client):
    ada = make.customer()
    task("Ring her up", customer=ada, due_in=-1)
    task("Somebody else", customer=make.customer())

    page = admin_client.get(ada.get_absolute_url()).content.decode()

    assert "Ring her up" in page
    assert "Overdue" in page
    assert "Somebody else" not in page


def test_a_task_is_written_by_hand_for_the_customer_of_a_link(admin_client):
    ada = make.customer()
    add = reverse("admin:automations_stafftask_add")
    form = admin_client.get(add, {"customer": ada.pk}).content.decode()
    assert f'value="{ada.pk}" selected' in form

    answer = admin_client.post(
        add,
        {
            "description": "Ask",
            "customer": ada.pk,
            "priority": "high",
            "due_date": "2027-01-31",
        },
    )

    made = StaffTask.objects.get()
    assert answer.url == made.get_absolute_url()
    assert (made.customer, made.priority) == (ada, "high")


def test_erasure_takes_the_words_about_a_customer_away(admin_client):
    ada = make.customer(first_name="Adalbert")
    one = task("Ring Adalbert", customer=ada)
    TaskComment.objects.create(task=one, text="Adalbert is ill")
    press(admin_client, one, "start")

    erase_customer(ada, by=make.administrator())

    one.refresh_from_db()
    assert (one.status, one.description) == ("cancelled", "–")
    assert one.comments.get().text == "–"
    assert "Adalbert" not in LogEntry.objects.get().object_repr


def test_the_list_reads_the_same_number_of_queries_for_any_number_of_rows(
    admin_client, django_assert_max_num_queries
):
    for number in range(30):
        task(f"{number}", customer=make.customer(), assignee=make.user())

    with django_assert_max_num_queries(20):
        assert len(listed(admin_client)) == 30


@pytest.mark.django_db(transaction=True)
def test_round_robin_is_fair_whoever_deals_at_once():
    staff = [make.user() for _ in range(3)]
    busy = staff[0]
    StaffTask.objects.bulk_create(
        StaffTask(description="Old", assignee=busy, status="in_progress")
        for _ in range(20)
    )
    workflow(step("assign_task_to_staff", assignee_rule="round_robin"))
    people = make.customers(70)
    add_tag([one.pk for one in people], "enter")
    while take_events():
        pass

    in_parallel(lambda _number: [advance(limit=5) for _ in range(6)])
    run()

    loads = [one.staff_tasks.count() for one in staff]
    assert sum(loads) == 90
    assert loads == [30, 30, 30]
