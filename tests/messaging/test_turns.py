"""Whose turn it is where a provider takes only so many requests a second."""

import time

import pytest

from messaging.models import Dispatch, ProviderLimit
from messaging.services.limits import take_turn
from tests import make
from tests.messaging import ledger
from tests.messaging.resend_imitation import resend

pytestmark = pytest.mark.django_db
WORKERS, PER_SECOND = 20, 0.5


def turn(*, urgent=False):
    """Return when a request may begin, on the clock of this process."""
    return take_turn("resend", PER_SECOND, urgent=urgent) + time.monotonic()


def test_one_turn_in_five_is_kept_for_transactional_mail():
    turn(urgent=True)
    others = [turn() for _ in range(WORKERS)]

    kept = [turn(urgent=True) for _ in range(4)]

    assert kept[0] < others[4]
    assert kept[3] < others[16]
    assert kept == sorted(kept)


def test_turns_that_nobody_is_kept_for_go_to_all():
    others = [turn() for _ in range(WORKERS)]
    at_full_pace = others[-1] - others[0]

    late = turn(urgent=True)
    more = [turn() for _ in range(WORKERS)]

    assert late > others[-1]
    assert more[-1] - more[0] > at_full_pace


def test_transactional_mail_keeps_turns_and_bulk_does_not(settings):
    settings.RESEND_API_KEY = "re_test"
    settings.RESEND_REQUESTS_PER_SECOND = 1000
    make.customer()

    with resend() as api:
        settings.RESEND_API_URL = api.url
        ledger.dispatch()
        ledger.send()
        rows_of_bulk = ProviderLimit.objects.count()
        ledger.dispatch(lane=Dispatch.Lane.TRANSACTIONAL)
        ledger.send()

    assert len(api.mails) == 2
    assert (rows_of_bulk, ProviderLimit.objects.count()) == (1, 2)
