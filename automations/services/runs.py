"""What becomes of a run: audience, deliveries, and the way to its end."""

import logging
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Now
from django.utils import timezone
from django.utils.translation import gettext as _

from automations.errors import AutomationError
from automations.models import Automation, AutomationRun
from automations.selectors import template_problem
from automations.services.surges import surge_of
from marketing_os.lib.errors import DomainError
from messaging.models import Delivery, Dispatch
from messaging.services import (
    RecipientPolicy,
    cancel_dispatch,
    fan_out,
    hold_dispatch,
    release_dispatch,
)
from segments.services import audience

logger = logging.getLogger(__name__)

# A run that a worker took and did not finish goes to another after this time. A
# worker that is merely slow loses nothing: the second one finds the row locked, or
# the same dispatch.
STUCK_AFTER = timedelta(minutes=2)
# What the dispatch of a run that is not held any more may be at.
_MOVES = (Dispatch.State.SENDING, Dispatch.State.PAUSED, Dispatch.State.DONE)
# A run that begins late still sends at once where the time of the day came meanwhile;
# after so long, the time of the next day is the better one.
_LOCAL_TIMES_WAIT = timedelta(hours=1)


@transaction.atomic
def run_now(
    automation: Automation, *, slot: datetime | None = None, by: User | None = None
) -> AutomationRun:
    """Start a run by hand; the same `slot` again is the same run.

    A slot that was missed, or whose run failed, is tried again. Raises DomainError
    where `by` may not do this or the template cannot be sent.
    """
    _check_may_run(by)
    check_template(automation)
    run, made = AutomationRun.objects.get_or_create(
        automation=automation,
        scheduled_for=slot or timezone.now(),
        defaults={"trigger": AutomationRun.Trigger.MANUAL, "started_by": by},
    )
    return run if made else _revive(run, by)


def retry_run(run: AutomationRun, *, by: User | None = None) -> AutomationRun:
    """Make a missed or failed run due again; any other run stays as it is."""
    _check_may_run(by)
    check_template(run.automation)
    return _revive(run, by)


def cancel_run(run: AutomationRun) -> AutomationRun:
    """Give up a run that has no deliveries yet."""
    open_states = (AutomationRun.State.DUE, AutomationRun.State.PREPARING)
    AutomationRun.objects.filter(pk=run.pk, state__in=open_states).update(
        state=AutomationRun.State.CANCELLED, finished_at=timezone.now()
    )
    run.refresh_from_db()
    return run


def release_run(run: AutomationRun, *, by: User | None = None) -> AutomationRun:
    """Let a held run go out; raises DomainError for one that is not held."""
    _check_may_run(by)
    release_dispatch(_dispatch_of(run), by=by)
    follow_dispatches()
    run.refresh_from_db()
    return run


def discard_run(run: AutomationRun, *, by: User | None = None) -> AutomationRun:
    """Give up a run that has deliveries; what was sent stays sent."""
    cancel_dispatch(_dispatch_of(run), by=by)
    follow_dispatches()
    run.refresh_from_db()
    return run


def prepare_next_run(now: datetime | None = None) -> AutomationRun | None:
    """Take the oldest due run and write its deliveries; None when none is due."""
    return _prepare(_waiting(now or timezone.now()))


def prepare_run(run: AutomationRun) -> AutomationRun | None:
    """Do the same for one run; None when it is not due or another has it."""
    return _prepare(_waiting(timezone.now()).filter(pk=run.pk))


def has_due_runs(now: datetime | None = None) -> bool:
    return _waiting(now or timezone.now()).exists()


def follow_dispatches() -> int:
    """End the runs whose dispatch has ended; return how many there were.

    Held ones whose dispatch was released elsewhere go on.
    """
    AutomationRun.objects.filter(
        state=AutomationRun.State.HELD, dispatch__state__in=_MOVES
    ).update(state=AutomationRun.State.SENDING)
    return sum(
        AutomationRun.objects.filter(
            state__in=(AutomationRun.State.SENDING, AutomationRun.State.HELD),
            dispatch__state=theirs,
        ).update(state=ours, finished_at=Coalesce(_dispatch_end(), Now()))
        for theirs, ours in (
            (Dispatch.State.DONE, AutomationRun.State.DONE),
            (Dispatch.State.CANCELLED, AutomationRun.State.CANCELLED),
        )
    )


def series_of(automation: Automation) -> str:
    return f"automation:{automation.pk}"


def policy_of(automation: Automation) -> RecipientPolicy:
    days = automation.again_after_days
    kinds = Automation.Policy
    if automation.policy == kinds.AGAIN_AFTER:
        return RecipientPolicy("again_after", days)
    return RecipientPolicy("once" if automation.policy == kinds.ONCE else "every_run")


def _check_may_run(by: User | None) -> None:
    if by is not None and not by.has_perm("automations.run_automation"):
        raise DomainError(_("You may not run automations by hand."))


def check_template(automation: Automation) -> None:
    """Raise AutomationError where the template cannot be sent."""
    problem = template_problem(automation.template)
    if problem:
        raise AutomationError({"template": problem})


def _dispatch_of(run: AutomationRun) -> Dispatch:
    if run.dispatch is None:
        raise DomainError(_("This run has no messages yet."))
    return run.dispatch


def _revive(run: AutomationRun, by: User | None) -> AutomationRun:
    ended = (AutomationRun.State.MISSED, AutomationRun.State.FAILED)
    AutomationRun.objects.filter(pk=run.pk, state__in=ended, dispatch=None).update(
        state=AutomationRun.State.DUE,
        trigger=AutomationRun.Trigger.MANUAL,
        started_by=by,
        error="",
        claimed_at=None,
        finished_at=None,
    )
    run.refresh_from_db()
    return run


def _waiting(now: datetime) -> QuerySet[AutomationRun]:
    return AutomationRun.objects.filter(
        Q(state=AutomationRun.State.DUE)
        | Q(state=AutomationRun.State.PREPARING, claimed_at__lt=now - STUCK_AFTER)
    )


def _prepare(waiting: QuerySet[AutomationRun]) -> AutomationRun | None:
    run = _claim(waiting)
    if run is None:
        return None
    try:
        _write_deliveries(run)
    except DomainError as error:
        _fail(run, str(error))
    except (OperationalError, InterfaceError):
        # The database went away: the run is taken up again when it is back.
        raise
    except Exception as error:
        logger.exception("Run %s could not be prepared", run.pk)
        _fail(
            run,
            _(
                "Something unexpected went wrong (%(kind)s). The log of the worker "
                "says more; the run can be tried again."
            )
            % {"kind": type(error).__name__},
        )
    run.refresh_from_db()
    return run


@transaction.atomic
def _claim(waiting: QuerySet[AutomationRun]) -> AutomationRun | None:
    run = waiting.select_for_update(skip_locked=True).order_by("id").first()
    if run is None:
        return None
    run.state = AutomationRun.State.PREPARING
    run.claimed_at = timezone.now()
    run.save(update_fields=("state", "claimed_at"))
    return run


def _write_deliveries(run: AutomationRun) -> None:
    """Look the segment up, then write deliveries and their link in one transaction.

    The row stays locked meanwhile, so a worker that thinks this one dead waits for
    nothing and does nothing; one that is dead leaves nothing behind.
    """
    automation = run.automation
    found = audience(automation.segment, by=run.started_by)
    with transaction.atomic():
        mine = (
            AutomationRun.objects.select_for_update(skip_locked=True)
            .filter(
                pk=run.pk,
                state=AutomationRun.State.PREPARING,
                claimed_at=run.claimed_at,
            )
            .first()
        )
        if mine is None:
            return
        mine.dispatch = fan_out(
            template=automation.template,
            audience=found,
            source_key=f"automation-run:{run.pk}",
            series=series_of(automation),
            name=_("%(automation)s, due %(slot)s UTC")
            % {
                "automation": automation.name,
                "slot": f"{run.scheduled_for:%Y-%m-%d %H:%M}",
            },
            policy=policy_of(automation),
            holdout_percent=automation.holdout_percent,
            lane=Dispatch.Lane.BULK,
            due_at=_due_at(run) if automation.local_time else None,
            local_time=automation.local_time,
            campaign=automation.utm_campaign,
            by=run.started_by,
        )
        mine.receiver_count = mine.dispatch.deliveries.filter(
            state=Delivery.State.PENDING
        ).count()
        mine.state = AutomationRun.State.SENDING
        _hold_a_surge(mine)
        mine.save(update_fields=("dispatch", "receiver_count", "state"))


def _hold_a_surge(run: AutomationRun) -> None:
    """Hold a run that nobody has looked at and that is far larger than usual.

    Its deliveries are written, so that staff see whom it would reach, and no worker
    may take them: that it is held is committed together with them.
    """
    assert run.dispatch is not None
    if run.trigger != AutomationRun.Trigger.SCHEDULE:
        return
    because = surge_of(
        run.automation,
        audience=run.dispatch.audience_count,
        receivers=run.receiver_count or 0,
        besides=run,
    )
    if because and run.receiver_count:
        hold_dispatch(run.dispatch, because=because)
        run.state = AutomationRun.State.HELD


def _due_at(run: AutomationRun) -> datetime:
    """Return from when on local times count: from the slot, unless it is long over."""
    return max(run.scheduled_for, timezone.now() - _LOCAL_TIMES_WAIT)


def _fail(run: AutomationRun, sentence: str) -> None:
    AutomationRun.objects.filter(
        pk=run.pk, state=AutomationRun.State.PREPARING, claimed_at=run.claimed_at
    ).update(
        state=AutomationRun.State.FAILED, error=sentence, finished_at=timezone.now()
    )


def _dispatch_end() -> Subquery:
    return Subquery(
        Dispatch.objects.filter(pk=OuterRef("dispatch_id")).values("finished_at")
    )
