import pytest
from django.urls import reverse
from django.utils import timezone

from automations import services
from automations.models import AutomationRun
from messaging.models import Delivery
from tests import make

pytestmark = pytest.mark.django_db

LIST = reverse("admin:automations_automationrun_changelist")


def text(response):
    return response.content.decode()


def url(name, run):
    return reverse(f"admin:automations_automationrun_{name}", args=(run.pk,))


def steer(client, run, verb):
    return text(client.post(url("steer", run), {"verb": verb}, follow=True))


def prepared_run(*customers):
    automation = make.automation(segment=make.segment(*customers))
    services.run_now(automation)
    return services.prepare_next_run()


def test_the_empty_list_says_what_a_run_is(admin):
    assert "There are no runs yet." in text(admin.get(LIST))


def test_runs_are_listed_for_all_automations_and_for_one(admin):
    first, second = prepared_run(), prepared_run()

    assert text(admin.get(LIST)).count("Sending") >= 0
    page = text(admin.get(LIST, {"automation": first.automation_id}))
    assert first.get_absolute_url() in page
    assert second.get_absolute_url() not in page


def test_the_page_of_a_run_counts_by_state_and_reason(admin):
    run = prepared_run(make.customer(), make.customer(), make.customer(email=""))

    page = text(admin.get(run.get_absolute_url()))

    assert "Waiting" in page
    assert "The customer has no e-mail address." in page
    assert f"?dispatch={run.dispatch_id}&amp;state=pending" in page


def test_a_dispatch_leads_back_to_the_run_that_asked_for_it(admin):
    run = prepared_run(make.customer())

    page = text(admin.get(run.dispatch.get_absolute_url()))

    assert run.get_absolute_url() in page
    assert "automation-run:" not in page


def test_the_figures_can_be_asked_for_alone(admin):
    run = prepared_run(make.customer())

    page = text(admin.get(url("progress", run)))

    assert "<html" not in page
    assert "Waiting" in page


def test_a_run_can_be_paused_and_go_on(admin):
    run = prepared_run(make.customer())

    assert "is paused" in steer(admin, run, "pause")
    run.dispatch.refresh_from_db()
    assert run.dispatch.state == "paused"

    assert "goes on" in steer(admin, run, "resume")
    run.dispatch.refresh_from_db()
    assert run.dispatch.state == "sending"


def test_a_run_can_be_cancelled_while_sending(admin):
    run = prepared_run(make.customer())

    steer(admin, run, "cancel")

    run.refresh_from_db()
    assert run.state == "cancelled"
    assert Delivery.objects.get().state == "cancelled"


def test_a_run_can_be_cancelled_before_its_audience_is_known(admin):
    run = services.run_now(make.automation())

    assert "nothing of it was sent" in steer(admin, run, "cancel")
    run.refresh_from_db()
    assert run.state == "cancelled"


def test_a_failed_run_says_why_and_can_be_tried_again(admin):
    broken = make.segment(type="function", handler_function="not_there")
    services.run_now(make.automation(segment=broken))
    run = services.prepare_next_run()

    assert "not_there" in text(admin.get(run.get_absolute_url()))
    steer(admin, run, "retry")

    run.refresh_from_db()
    assert (run.state, run.error) == ("due", "")


def test_a_missed_run_can_be_made_up_for(admin):
    run = AutomationRun.objects.create(
        automation=make.automation(), scheduled_for=timezone.now(), state="missed"
    )

    assert "Run it now" in text(admin.get(run.get_absolute_url()))
    steer(admin, run, "retry")

    assert services.prepare_next_run().pk == run.pk


def test_a_verb_that_comes_too_late_is_answered_with_a_sentence(admin):
    run = prepared_run()
    services.follow_dispatches()

    page = steer(admin, run, "cancel")

    assert "is over already" in page


def test_steering_needs_the_right_to_run_and_a_post(client, admin):
    run = prepared_run(make.customer())
    assert admin.get(url("steer", run)).status_code == 405

    client.force_login(make.user())
    assert client.post(url("steer", run), {"verb": "cancel"}).status_code == 403
    run.refresh_from_db()
    assert run.state == "sending"


def test_runs_cannot_be_changed_by_any_address(admin):
    run = prepared_run()

    add = reverse("admin:automations_automationrun_add")
    delete = url("delete", run)
    assert admin.post(add, {}).status_code == 403
    assert admin.post(delete, {"post": "yes"}).status_code == 403
    assert admin.post(run.get_absolute_url(), {"state": "done"}).status_code == 403
