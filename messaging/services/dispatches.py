"""Pause, resume and cancel the sending of one dispatch."""

from django.contrib.auth.models import User

from messaging.models import Dispatch


def pause_dispatch(dispatch: Dispatch, *, by: User | None = None) -> Dispatch:
    """Keep what is still waiting until the dispatch is resumed."""
    raise NotImplementedError


def resume_dispatch(dispatch: Dispatch, *, by: User | None = None) -> Dispatch:
    """Go on with a paused dispatch."""
    raise NotImplementedError


def cancel_dispatch(dispatch: Dispatch, *, by: User | None = None) -> Dispatch:
    """Give up what is still waiting; what was sent stays sent."""
    raise NotImplementedError
