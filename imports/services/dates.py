"""Whether 01/02/2026 has the day or the month first: told by a whole column.

One value such as 31/12/2026 tells the order for its column. A column in which no value
tells, or in which two contradict each other, is left to a person.
"""

from dataclasses import dataclass, field
from typing import Any

from psycopg import sql

from imports.database import comma, fetch
from imports.services.casts import OTHER_ORDER
from imports.services.staging import cell

_VALUE_SHOWN = 40


@dataclass(frozen=True)
class DateOrder:
    """How a column writes its dates.

    `order`: "dmy" or "mdy" when its values tell, "ask" when all of them fit both,
    "mixed" when they contradict each other, "" when the year always comes first.
    `lines` are {"line", "value"} of the first value that shows it: of two for "mixed",
    the one with the day first standing first.
    """

    order: str = ""
    lines: list[dict[str, Any]] = field(default_factory=list)

    @property
    def question(self) -> str:
        """What a person is to be told or asked ("": nothing)."""
        shown = [f"{seen['value']} (line {seen['line']})" for seen in self.lines]
        if self.order == "ask":
            return (
                f"Dates such as {shown[0]} can be read in two ways. Say whether the"
                " day or the month comes first."
            )
        if self.order == "mixed":
            return (
                f"This column mixes two orders of dates: {shown[0]} has the day first,"
                f" {shown[1]} the month. Say which one holds, or import it as text."
            )
        return ""


def date_orders(indexes: list[int], rows: sql.Composable) -> dict[int, DateOrder]:
    """Find the order of the dates in each of the columns of raw rows, in one scan."""
    if not indexes:
        return {}
    kinds = comma(
        sql.SQL("{} AS {}").format(_kind(cell(index)), cell(index)) for index in indexes
    )
    firsts = comma(
        sql.SQL("min(line) FILTER (WHERE {} = {})").format(
            cell(index), sql.Literal(kind)
        )
        for index in indexes
        for kind in ("day", "month", "either", "same")
    )
    query = sql.SQL(
        "SELECT {} FROM (SELECT line, {} FROM {} AS raw OFFSET 0) AS kinds"
    ).format(firsts, kinds, rows)
    found = fetch(query)[0]
    seen = {index: found[4 * n : 4 * n + 4] for n, index in enumerate(indexes)}
    telling = {index: _telling(*lines) for index, lines in seen.items()}
    values = _values(rows, telling)
    return {
        index: DateOrder(order, [{"line": n, "value": values[n, index]} for n in lines])
        for index, (order, lines) in telling.items()
    }


def _kind(value: sql.Composable) -> sql.Composable:
    """What a value tells: "day" or "month" comes first, "either", "same", or NULL."""
    return sql.SQL(
        "(SELECT CASE WHEN a > 12 AND b <= 12 THEN 'day' WHEN b > 12 AND a <= 12 THEN"
        " 'month' WHEN a = b THEN 'same' WHEN a <= 12 THEN 'either' END"
        " FROM (SELECT split_part(day, '-', 1)::int AS a, split_part(day, '-', 2)::int"
        " AS b FROM (SELECT CASE WHEN {0} ~ {1} THEN translate(btrim({0}), './', '--')"
        " END AS day) AS dashed WHERE day IS NOT NULL) AS parts)"
    ).format(value, sql.Literal(OTHER_ORDER))


def _telling(
    day: int | None, month: int | None, either: int | None, same: int | None
) -> tuple[str, list[int]]:
    if day and month:
        return "mixed", [day, month]
    if day or month:
        return ("dmy", [day]) if day else ("mdy", [month or 0])
    if either:
        return "ask", [either]
    return ("dmy", [same]) if same else ("", [])


def _values(
    rows: sql.Composable, telling: dict[int, tuple[str, list[int]]]
) -> dict[tuple[int, int], str]:
    wanted = sorted({line for _, lines in telling.values() for line in lines})
    if not wanted:
        return {}
    indexes = list(telling)
    query = sql.SQL("SELECT line, {} FROM {} AS raw WHERE line = ANY ({})").format(
        comma(
            sql.SQL("left(btrim({}), {})").format(
                cell(index), sql.Literal(_VALUE_SHOWN)
            )
            for index in indexes
        ),
        rows,
        sql.Literal(wanted),
    )
    return {
        (row[0], index): value
        for row in fetch(query)
        for index, value in zip(indexes, row[1:], strict=True)
    }
