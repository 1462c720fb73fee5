import pytest
from celery import Celery
from django.db import transaction

from marketing_os.lib.hints import wake


@pytest.fixture
def unreachable():
    app = Celery(set_as_current=False)
    app.config_from_object("django.conf:settings", namespace="CELERY")
    app.conf.broker_url = "redis://127.0.0.1:1/0"

    @app.task
    def do_nothing():
        return

    return do_nothing


@pytest.mark.django_db(transaction=True)
def test_an_unreachable_broker_is_logged_and_stops_nobody(unreachable, caplog):
    wake(unreachable)
    with transaction.atomic():
        wake(unreachable)

    assert caplog.text.count("Connection refused.") >= 2
