"""Pause, resume, hold, release, cancel and close the sending of one dispatch."""

from collections.abc import Collection
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from marketing_os.lib.errors import DomainError
from messaging.models import Delivery, Dispatch
from messaging.services import limits


def pause_dispatch(
    dispatch: Dispatch, *, because: str = "", by: User | None = None
) -> Dispatch:
    """Keep what is still waiting until the dispatch is resumed.

    `because` is the sentence of whoever does so without being asked by a person.
    """
    return _move(
        dispatch, Dispatch.State.SENDING, Dispatch.State.PAUSED, stopped_because=because
    )


def resume_dispatch(dispatch: Dispatch, *, by: User | None = None) -> Dispatch:
    """Go on with a paused dispatch; what went wrong before is forgiven."""
    return _go_on(dispatch, Dispatch.State.PAUSED)


def hold_dispatch(dispatch: Dispatch, *, because: str) -> Dispatch:
    """Let nothing of a dispatch go out until a person has released it.

    Called in the transaction that made the dispatch, it leaves no moment in which
    a worker could begin.
    """
    return _move(
        dispatch, Dispatch.State.SENDING, Dispatch.State.HELD, stopped_because=because
    )


def release_dispatch(dispatch: Dispatch, *, by: User | None = None) -> Dispatch:
    """Let a held dispatch go out."""
    return _go_on(dispatch, Dispatch.State.HELD)


@transaction.atomic
def cancel_dispatch(dispatch: Dispatch, *, by: User | None = None) -> Dispatch:
    """Give up what is still waiting; what was sent stays sent.

    A message that a worker holds but has not begun to send is given up too: the
    worker finds it no longer claimed. A dispatch that grows stays as open as it was,
    for those who come to it from now on.
    """
    open_states = (Dispatch.State.SENDING, Dispatch.State.PAUSED, Dispatch.State.HELD)
    found = Dispatch.objects.filter(pk=dispatch.pk, state__in=open_states)
    cancelled = found.filter(grows=False).update(
        state=Dispatch.State.CANCELLED, finished_at=Now()
    )
    gives_up = cancelled or found.select_for_update().filter(grows=True).exists()
    dispatch.refresh_from_db()
    if gives_up:
        dispatch.deliveries.filter(
            state__in=(Delivery.State.PENDING, Delivery.State.CLAIMED)
        ).update(
            state=Delivery.State.CANCELLED,
            reason=Delivery.Reason.RUN_CANCELLED,
            lease_token=None,
            lease_until=None,
            updated_at=Now(),
        )
    elif dispatch.state != Dispatch.State.CANCELLED:
        raise DomainError(_("“%(name)s” is over already.") % {"name": dispatch.name})
    return dispatch


def close_finished_dispatches() -> int:
    """Mark as done every dispatch of which nothing waits any more."""
    waiting = Delivery.objects.filter(
        dispatch=OuterRef("pk"), state__in=Delivery.WAITING
    )
    return Dispatch.objects.filter(
        ~Exists(waiting), state=Dispatch.State.SENDING, grows=False
    ).update(state=Dispatch.State.DONE, finished_at=Now())


def settle_returned(dispatch_ids: Collection[int]) -> None:
    """Say what becomes of deliveries that returned to waiting after all.

    Their dispatch goes on if it seemed to be over, unless it was cancelled.
    """
    if not dispatch_ids:
        return
    Dispatch.objects.filter(pk__in=dispatch_ids, state=Dispatch.State.DONE).update(
        state=Dispatch.State.SENDING, finished_at=None
    )
    Delivery.objects.filter(
        dispatch__in=dispatch_ids,
        dispatch__state=Dispatch.State.CANCELLED,
        state=Delivery.State.PENDING,
    ).update(
        state=Delivery.State.CANCELLED,
        reason=Delivery.Reason.RUN_CANCELLED,
        updated_at=Now(),
    )


@transaction.atomic
def _go_on(dispatch: Dispatch, stopped: Dispatch.State) -> Dispatch:
    _move(
        dispatch,
        stopped,
        Dispatch.State.SENDING,
        stopped_because="",
        watched_since=Now(),
    )
    # Who goes on has mended the provider, so it is tried at once.
    limits.try_again()
    return dispatch


def _move(
    dispatch: Dispatch, old: Dispatch.State, new: Dispatch.State, **values: Any
) -> Dispatch:
    """Move a dispatch from one state to another; being there already is fine."""
    Dispatch.objects.filter(pk=dispatch.pk, state=old).update(state=new, **values)
    dispatch.refresh_from_db()
    if dispatch.state not in (new, Dispatch.State.DONE):
        raise DomainError(
            _("“%(name)s” is %(state)s.")
            % {
                "name": dispatch.name,
                "state": dispatch.get_state_display().lower(),
            }
        )
    return dispatch
