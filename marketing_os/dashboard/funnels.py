"""How far customers get in each funnel, from the latest moves."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from funnel.models import FunnelEvent
from funnel.stages import Moves, order_stages, stage_words
from marketing_os.lib.kept import kept

DAYS = 365
# Enough to see the shape of a funnel, few enough to be read in an instant.
MOST_MOVES = 60_000

# Few different sets of stages are ever reached, whatever the number of customers.
# A conversion comes from no stage, so the one before it tells the way.
_LATEST = """
    WITH newest AS (
        SELECT id, customer_id, funnel_type, from_stage, to_stage, created_date
        FROM funnel_events WHERE created_date >= %(since)s
        ORDER BY created_date DESC, id DESC LIMIT %(most)s
    ), latest AS (
        SELECT customer_id, funnel_type, from_stage, to_stage FROM newest
        WHERE funnel_type <> 'conversion'
        UNION ALL
        SELECT customer_id, funnel_type,
               coalesce(lag(to_stage) OVER (PARTITION BY customer_id
                                            ORDER BY created_date, id), ''), to_stage
        FROM newest WHERE funnel_type = 'conversion'
    )
    SELECT 'all', '', NULL, count(*) FROM latest
    UNION ALL
    SELECT 'move', funnel_type, ARRAY[from_stage, to_stage], count(*) FROM latest
    WHERE from_stage <> '' GROUP BY 2, 3
    UNION ALL
    SELECT 'reached', funnel_type, stages, count(*) FROM (
        SELECT funnel_type, array_agg(DISTINCT stage ORDER BY stage) AS stages
        FROM latest, unnest(ARRAY[
            from_stage COLLATE "C", to_stage COLLATE "C"]) AS stage
        WHERE stage <> '' GROUP BY funnel_type, customer_id
    ) reached GROUP BY 2, 3
"""


@dataclass(frozen=True)
class Stage:
    """A stage of the main way: who reached it, and how many of them went on."""

    name: str
    count: int
    width: float
    went_on: int | None

    @property
    def rate(self) -> float | None:
        if self.went_on is None or not self.count:
            return None
        return 100 * self.went_on / self.count


@dataclass(frozen=True)
class Funnel:
    """One funnel: the main way, and the stages beside it ("lost").

    `whole_way` counts those who were at its first stage and came to its last.
    """

    funnel_type: str
    title: str
    stages: tuple[Stage, ...]
    exits: tuple[tuple[str, int], ...]
    whole_way: int

    @property
    def end(self) -> str:
        return self.stages[-1].name

    @property
    def rate(self) -> float:
        """Return the percentage of those at the first stage who reached the last."""
        first = self.stages[0].count
        return 100 * self.whole_way / first if first else 0.0


@dataclass(frozen=True)
class Funnels:
    """The funnels that anybody moved in; of very many moves only the latest count."""

    funnels: tuple[Funnel, ...]
    is_cut: bool


Sets = dict[tuple[str, ...], int]


def funnels() -> Funnels | None:
    """Return the funnels that anybody moved in during the last year."""
    return kept("dashboard.funnels", _read)


def _read() -> Funnels:
    total = 0
    since = timezone.now() - timedelta(days=DAYS)
    moves: dict[str, Moves] = defaultdict(dict)
    sets: dict[str, Sets] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(_LATEST, {"since": since, "most": MOST_MOVES})
        for kind, funnel_type, stages, count in cursor.fetchall():
            if kind == "all":
                total = count
            elif kind == "move":
                moves[funnel_type][stages[0], stages[1]] = count
            else:
                sets[funnel_type][tuple(stages)] = count
    titles = dict(FunnelEvent.FunnelType.choices)
    known = [name for name in titles if name in sets]
    others = sorted(set(sets) - set(titles))
    found = (
        _funnel(name, str(titles.get(name, name)), moves[name], sets[name])
        for name in known + others
    )
    return Funnels(tuple(found), total >= MOST_MOVES)


def _funnel(funnel_type: str, title: str, moves: Moves, sets: Sets) -> Funnel:
    names = {stage for stages in sets for stage in stages}
    way, exits = order_stages(names, moves)
    counts = {name: _how_many(sets, {name}) for name in names}
    highest = max(counts[name] for name in way)
    stages = [
        Stage(
            name=stage_words(name),
            count=counts[name],
            width=100 * counts[name] / highest,
            went_on=_both(sets, name, set(way[place + 1 :])),
        )
        for place, name in enumerate(way)
    ]
    beside = sorted(
        ((stage_words(name), counts[name]) for name in exits),
        key=lambda pair: -pair[1],
    )
    whole_way = _both(sets, way[0], {way[-1]}) or 0
    return Funnel(funnel_type, title, tuple(stages), tuple(beside), whole_way)


def _how_many(sets: Sets, wanted: set[str]) -> int:
    return sum(count for stages, count in sets.items() if wanted & set(stages))


def _both(sets: Sets, name: str, later: set[str]) -> int | None:
    if not later:
        return None
    return sum(
        count
        for stages, count in sets.items()
        if name in stages and later & set(stages)
    )
