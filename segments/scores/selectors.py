"""What pages show of scores."""

from dataclasses import dataclass

from customers.models import Customer
from segments.models import CustomerScore, ScoreRefresh, ScoreSettings
from segments.scores.names import counted_names, known_names
from segments.scores.reasons import reason_words


@dataclass(frozen=True)
class Score:
    """A customer's scores, and in words what raises the risk, or what lowers it."""

    risk: float
    level: str
    reasons: tuple[str, ...]
    is_raised: bool
    refresh: ScoreRefresh


@dataclass(frozen=True)
class KnownName:
    """A name that activities have, and what it counts as."""

    name: str
    is_purchase: bool
    is_visit: bool


def current_refresh() -> ScoreRefresh | None:
    """Return the refresh whose scores everybody reads, if there was one."""
    return ScoreRefresh.objects.filter(is_current=True).first()


def newest_refresh() -> ScoreRefresh | None:
    """Return the refresh that was asked for last, whatever became of it."""
    return ScoreRefresh.objects.select_related("requested_by").first()


def score_of(customer: Customer) -> Score | None:
    """Return a customer's scores; None when there are none."""
    refresh = current_refresh()
    if refresh is None:
        return None
    found = CustomerScore.objects.filter(customer=customer, refresh=refresh).first()
    if found is None:
        return None
    told = (
        (found.reason_1, found.value_1),
        (found.reason_2, found.value_2),
        (found.reason_3, found.value_3),
    )
    reasons = tuple(reason_words(reason, value) for reason, value in told if reason)
    return Score(
        found.risk, found.get_level_display(), reasons, found.reason_1 > 0, refresh
    )


def known_activity_names() -> list[KnownName]:
    """Return the names of all activities with what each counts as."""
    known = known_names()
    counted = counted_names(ScoreSettings.current(), known)
    return [
        KnownName(name, name in counted.purchases, name in counted.visits)
        for name in known
    ]
