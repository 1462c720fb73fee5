"""The verbs of scores: ask for a refresh, start it, give it up; what counts."""

import datetime as dt
import logging
import subprocess
import sys

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.models import Customer
from segments.models import ScoreRefresh, ScoreSettings
from segments.scores.locks import a_refresh_lives, wait_for_new_scores

State = ScoreRefresh.State

# A process that was started has shown its lock by then, or is dead.
_SECONDS_TO_BEGIN = 60
logger = logging.getLogger(__name__)


@transaction.atomic
def request_score_refresh(*, by: User | None = None) -> ScoreRefresh:
    """Ask for new scores; a refresh that is under way already is enough."""
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE score_refreshes IN SHARE ROW EXCLUSIVE MODE")
    under_way = ScoreRefresh.objects.filter(state__in=ScoreRefresh.UNDER_WAY)
    return under_way.first() or ScoreRefresh.objects.create(requested_by=by)


def begin_score_refresh() -> ScoreRefresh:
    """Record a refresh that this process does itself, at once."""
    return ScoreRefresh.objects.create(state=State.RUNNING, started_at=timezone.now())


def start_waiting_refresh() -> bool:
    """Start a process for the refresh that was asked for; False when there is none.

    It takes up to a gigabyte for a minute, which a worker would never give back.
    """
    waiting = ScoreRefresh.objects.filter(state=State.QUEUED).order_by("id").first()
    if waiting is None or not _take(waiting):
        return False
    command = [sys.executable, "manage.py", "refresh_scores", "--request"]
    try:
        subprocess.Popen([*command, str(waiting.pk)], cwd=settings.BASE_DIR)  # noqa: S603
    except OSError:
        logger.exception("The process that refreshes the scores did not start.")
        give_up(waiting, _("The process for the refresh could not be started."))
    return True


def _take(waiting: ScoreRefresh) -> bool:
    taken = ScoreRefresh.objects.filter(pk=waiting.pk, state=State.QUEUED).update(
        state=State.RUNNING, started_at=timezone.now()
    )
    return bool(taken)


def give_up(refresh: ScoreRefresh, why: str) -> None:
    """Record that a refresh did not come to its end; the old scores stand."""
    _fail(ScoreRefresh.objects.filter(pk=refresh.pk), why)


def give_up_lost(*, but: ScoreRefresh | None = None) -> None:
    """Give up refreshes whose process died.

    A process that has just begun counts as alive, unless `but`, which holds the lock,
    knows that it cannot be.
    """
    running = ScoreRefresh.objects.filter(state=State.RUNNING)
    if but is not None:
        lost = running.filter(~Q(pk=but.pk))
    elif not a_refresh_lives():
        begun = timezone.now() - dt.timedelta(seconds=_SECONDS_TO_BEGIN)
        lost = running.filter(started_at__lt=begun)
    else:
        return
    _fail(lost, _("The refresh was interrupted. The scores of before still hold."))


def _fail(refreshes: QuerySet[ScoreRefresh], why: str) -> None:
    refreshes.filter(state__in=ScoreRefresh.UNDER_WAY).update(
        state=State.FAILED, error=why, finished_at=timezone.now()
    )


def save_score_settings(chosen: ScoreSettings) -> ScoreSettings:
    """Store what counts from now on; scores follow with the next refresh."""
    chosen.pk = 1
    chosen.full_clean(validate_unique=False)
    chosen.save(force_insert=not ScoreSettings.objects.filter(pk=1).exists())
    return chosen


def forget_scores(customer: Customer) -> None:
    """Delete what was computed of a customer."""
    wait_for_new_scores()
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM customer_scores WHERE customer_id = %s", [customer.pk]
        )
