import pytest
from django.conf import settings
from django.contrib import admin
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

from marketing_os.celery import app
from marketing_os.lib.models import Heartbeat
from marketing_os.tasks import show_that_the_worker_lives
from tests import make


@pytest.mark.parametrize("name", sorted(settings.CELERY_BEAT_SCHEDULE))
def test_the_clock_can_publish_what_is_scheduled(name):
    app.loader.import_default_modules()
    entry = settings.CELERY_BEAT_SCHEDULE[name]

    sent = app.tasks[entry["task"]].apply_async(expires=1)

    assert sent.id


def test_a_heartbeat_again_is_the_same_row():
    show_that_the_worker_lives()
    first = Heartbeat.objects.get(name="worker").beat_at

    show_that_the_worker_lives()

    assert Heartbeat.objects.get(name="worker").beat_at >= first


@pytest.fixture
def task():
    crontab = CrontabSchedule.objects.create(minute="0", hour="9")
    return PeriodicTask.objects.create(
        name="clean up", task="a.task", crontab=crontab, enabled=True
    )


def act(client, action, *tasks):
    return client.post(
        "/admin/django_celery_beat/periodictask/",
        {"action": action, "_selected_action": [task.pk for task in tasks]},
        follow=True,
    ).content.decode()


def test_a_task_of_the_product_can_be_paused_and_resumed(admin_client, task):
    assert "1 task was paused." in act(admin_client, "pause", task)
    task.refresh_from_db()
    assert not task.enabled

    assert "1 task was resumed." in act(admin_client, "resume", task)
    task.refresh_from_db()
    assert task.enabled


def test_the_task_of_an_automation_follows_the_automation(admin_client, task):
    make.automation(name="Morning mail", periodic_task=task)

    page = act(admin_client, "pause", task)

    assert "follows its automation" in page
    task.refresh_from_db()
    assert task.enabled


def test_schedules_are_told_in_words(admin_client, task):
    every = IntervalSchedule.objects.create(every=600, period="seconds")
    PeriodicTask.objects.create(name="sweep", task="b.task", interval=every)

    page = admin_client.get("/admin/django_celery_beat/periodictask/").content.decode()

    assert "At 09:00" in page
    assert "Every 10 minutes." in page
    crons = admin_client.get("/admin/django_celery_beat/crontabschedule/")
    assert "0 9 * * *" in crons.content.decode()


@pytest.mark.parametrize("model", [PeriodicTask, CrontabSchedule])
def test_schedules_are_changed_by_no_address(admin_client, task, model):
    row = task if model is PeriodicTask else task.crontab
    options = model._meta
    base = f"/admin/{options.app_label}/{options.model_name}/"

    for url in (f"{base}add/", f"{base}{row.pk}/change/", f"{base}{row.pk}/delete/"):
        assert admin_client.post(url, {"minute": "1"}).status_code == 403

    assert model in admin.site._registry


def test_the_list_says_which_automation_a_task_is_made_from(admin_client, task):
    make.automation(name="Morning mail", periodic_task=task)

    page = admin_client.get("/admin/django_celery_beat/periodictask/").content.decode()

    assert "Morning mail" in page
