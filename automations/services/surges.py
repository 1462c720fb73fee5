"""Telling a run that is far larger than its automation's runs usually are."""

from statistics import median

from django.conf import settings
from django.utils.translation import gettext as _

from automations.models import Automation, AutomationRun
from automations.selectors import sent_runs

# The usual is the median of so many runs: one odd run among them changes little.
RUNS = 5


def surge_of(
    automation: Automation,
    *,
    audience: int,
    receivers: int,
    besides: AutomationRun | None = None,
) -> str:
    """Say by how much an audience is larger than the automation's usual one, if it is.

    Compared are the audience and those of it who are to get the message, for "only
    once" leaves few of a large audience. A first run has nothing to be compared with.
    """
    before = list(
        sent_runs(automation)
        .exclude(pk=besides.pk if besides else 0)
        .values_list("dispatch__audience_count", "receiver_count")[:RUNS]
    )
    # A run that reached nobody says nothing about what is usual.
    reached = [count for _audience, count in before if count]
    if _is_surge(receivers, reached):
        return _(
            "It would go to %(now)s customers; usual are %(usual)s, the median of the"
            " last runs."
        ) % {"now": f"{receivers:,}", "usual": f"{median(reached):,.0f}"}
    audiences = [count for count, _receivers in before]
    if _is_surge(audience, audiences):
        return _(
            "The segment has %(now)s customers; usual are %(usual)s, the median of the"
            " last runs."
        ) % {"now": f"{audience:,}", "usual": f"{median(audiences):,.0f}"}
    return ""


def _is_surge(now: int, before: list[int]) -> bool:
    factor: float = settings.RUN_HOLD_FACTOR
    if not factor or not before or now < settings.RUN_HOLD_FEWEST:
        return False
    return now > factor * median(before)
