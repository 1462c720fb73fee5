from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from automations.services import follow_dispatches
from automations.tasks import count_forecasts, prepare_due_runs, tick
from imports.tasks import work_on_imports
from messaging.services import send_due
from segments.tasks import refresh_waiting_segments
from tests import make

PASSWORD = "a password for the browser"


@pytest.fixture
def worker():
    """Do once what worker and clock do again and again."""

    def work():
        work_on_imports()
        refresh_waiting_segments()
        count_forecasts()
        tick()
        prepare_due_runs()
        send_due(limit=1000, until=timezone.now() + timedelta(seconds=60))
        follow_dispatches()

    return work


@pytest.fixture
def staff(sql_segments, live_server, settings):
    """An administrator, on a site whose links lead to the live server."""
    cache.clear()
    settings.SITE_URL = live_server.url
    return make.administrator(username="admin", password=PASSWORD)


@pytest.fixture
def office(page, staff):
    """A page of the back office, after the login."""
    page.goto("/admin/")
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.get_by_text("From your customers to the first mail").wait_for()
    return page
