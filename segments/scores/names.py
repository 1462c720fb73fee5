"""Which activities count as purchases and visits."""

from collections.abc import Iterable
from dataclasses import dataclass

from funnel.models import Activity
from marketing_os.lib.distinct import distinct_values
from segments.models import ScoreSettings

_MOST_NAMES = 2_000


@dataclass(frozen=True)
class CountedNames:
    """The names, as they stand in the database, of the activities that count."""

    purchases: tuple[str, ...]
    visits: tuple[str, ...]

    @property
    def all(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.purchases, *self.visits)))


def known_names() -> list[str]:
    """List the names of all activities that there are."""
    return distinct_values(Activity, "name", limit=_MOST_NAMES)


def counted_names(
    settings: ScoreSettings, known: Iterable[str] | None = None
) -> CountedNames:
    """Find the names that the settings mean: “Class_Attended” is “class attended”."""
    names = known_names() if known is None else list(known)
    return CountedNames(
        _meant(names, settings.purchase_names), _meant(names, settings.visit_names)
    )


def _meant(names: Iterable[str], wanted: Iterable[str]) -> tuple[str, ...]:
    plain = {_plain(name) for name in wanted}
    return tuple(name for name in names if _plain(name) in plain)


def _plain(name: str) -> str:
    for sign in "_-.":
        name = name.replace(sign, " ")
    return " ".join(name.casefold().split())
