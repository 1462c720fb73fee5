import pytest
from django.utils import timezone

from automations import services
from automations.models import AutomationRun
from messaging.models import Delivery, Dispatch
from tests import make
from tests.parallel import in_parallel

pytestmark = pytest.mark.django_db(transaction=True)


def test_many_workers_write_each_run_once():
    customers = [make.customer() for _ in range(5)]
    automation = make.automation(segment=make.segment(*customers))
    for _ in range(10):
        services.run_now(automation)

    def work(_):
        while services.prepare_next_run():
            pass

    in_parallel(work)

    assert AutomationRun.objects.filter(state="sending").count() == 10
    assert Dispatch.objects.count() == 10
    assert Delivery.objects.count() == 50


def test_workers_that_think_each_other_dead_write_the_run_once():
    automation = make.automation(segment=make.segment(make.customer()))
    run = services.run_now(automation)
    later = timezone.now() + 2 * services.STUCK_AFTER

    in_parallel(lambda _: services.prepare_next_run(later))

    run.refresh_from_db()
    assert run.state == "sending"
    assert Dispatch.objects.count() == 1
    assert Delivery.objects.count() == 1
