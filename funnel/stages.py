"""The order of a funnel's stages, read from the moves between them."""

from collections import defaultdict

Moves = dict[tuple[str, str], int]


def stage_words(name: str) -> str:
    """Return the name of a stage as people read it."""
    return name.replace("_", " ")


def order_stages(names: set[str], moves: Moves) -> tuple[list[str], list[str]]:
    """Return the stages of the main way in order, and those beside it.

    Nobody declares the order of stages, so it is read from what customers did: the
    main way is the longest one that leads forward. Of ways of one length it is the
    one whose end is reached from the fewest stages, for "lost" can follow on any
    stage but "enrolled" on one only; then the one that more customers took.
    """
    forward = _forward(moves)
    best: dict[str, tuple[tuple[int, int], list[str]]] = {}
    for name in _from_the_end(names, forward):
        options = [
            ((length + 1, taken + forward[name, after]), [name, *way])
            for after in names
            if (name, after) in forward
            for (length, taken), way in (best[after],)
        ]
        best[name] = _choose(options, forward) or ((1, 0), [name])
    chosen = _choose(list(best.values()), forward)
    way = chosen[1] if chosen else []
    return way, sorted(names - set(way))


def _choose(
    options: list[tuple[tuple[int, int], list[str]]], forward: Moves
) -> tuple[tuple[int, int], list[str]] | None:
    sources: dict[str, int] = defaultdict(int)
    for _, to_stage in forward:
        sources[to_stage] += 1
    return max(
        options,
        key=lambda option: (
            option[0][0],
            -sources[option[1][-1]],
            option[0][1],
            option[1],
        ),
        default=None,
    )


def _forward(moves: Moves) -> Moves:
    """Leave out the moves back: those that are rarer than their opposite."""
    net = {
        pair: count
        for pair, count in moves.items()
        if pair[0] != pair[1]
        and (count, pair) > (moves.get((pair[1], pair[0]), 0), (pair[1], pair[0]))
    }
    # A ring of three or more stages is cut where fewest go.
    while ring := _ring(net):
        del net[min(ring, key=lambda pair: (net[pair], pair))]
    return net


def _ring(moves: Moves) -> list[tuple[str, str]]:
    """Return the moves among stages that lead in a ring, if there is one."""
    rest = dict(moves)
    while rest:
        starts = {pair[0] for pair in rest}
        ends = {pair[1] for pair in rest}
        inner = [pair for pair in rest if pair[1] in starts and pair[0] in ends]
        if len(inner) == len(rest):
            return inner
        rest = {pair: rest[pair] for pair in inner}
    return []


def _from_the_end(names: set[str], forward: Moves) -> list[str]:
    """Order the stages so that each comes after all that follow on it."""
    order: list[str] = []
    left = set(names)
    while left:
        ready = sorted(
            name for name in left if not any((name, after) in forward for after in left)
        )
        order += ready
        left -= set(ready)
    return order
