from dataclasses import dataclass

from psycopg import sql
from psycopg.sql import Composable


@dataclass(frozen=True)
class Predicate:
    """A boolean expression over the customer `c`.

    `is_certain`: it is never NULL. The others count as false when they are, and are
    negated accordingly; a bare NOT EXISTS is what the planner makes an anti-join of.
    """

    sql: Composable
    is_certain: bool = False

    @property
    def negated(self) -> "Predicate":
        form = "(NOT {})" if self.is_certain else "({} IS NOT TRUE)"
        return Predicate(sql.SQL(form).format(self.sql), is_certain=True)

    def negated_if(self, is_negated: bool) -> "Predicate":
        return self.negated if is_negated else self


def exists(query: sql.Composable) -> Predicate:
    return Predicate(sql.SQL("EXISTS ({})").format(query), is_certain=True)


def both(*parts: sql.Composable) -> sql.Composable:
    """Join conditions by AND."""
    return sql.SQL("({})").format(sql.SQL(" AND ").join(parts))


def either(*parts: sql.Composable) -> sql.Composable:
    """Join conditions by OR."""
    return sql.SQL("({})").format(sql.SQL(" OR ").join(parts))


TRUE = sql.SQL("true")
