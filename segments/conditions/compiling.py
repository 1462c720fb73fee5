"""The tree becomes SQL. Values stand in it only as literals that the driver quotes."""

from psycopg import sql

from segments.conditions.moments import Clock
from segments.conditions.predicate import both, either
from segments.conditions.tree import ANY, NONE, Leaf, Node, Tree

_ACTIVE = sql.SQL("c.erased_at IS NULL AND c.archived_at IS NULL")


def condition(node: Node, clock: Clock, *, is_negated: bool = False) -> sql.Composable:
    """Return the node as one boolean expression over the customer `c`.

    A negation goes down to the conditions: the planner makes an anti-join of NOT
    EXISTS, and nothing of the negation of a group.
    """
    if isinstance(node, Leaf):
        return node.condition(clock, is_negated=is_negated)
    is_negated = is_negated != (node.mode == NONE)
    parts = [condition(one, clock, is_negated=is_negated) for one in node.members]
    joined_by_or = (node.mode in (ANY, NONE)) != is_negated
    if len(parts) == 1:
        return parts[0]
    return either(*parts) if joined_by_or else both(*parts)


def members_query(tree: Tree, clock: Clock, *extra: sql.Composable) -> sql.Composable:
    """SELECT the IDs of the active customers whom the tree matches."""
    tests = [_ACTIVE, *extra, condition(tree.root, clock)]
    return sql.SQL("SELECT c.id\nFROM customers c\nWHERE {}").format(
        sql.SQL("\n  AND ").join(tests)
    )


def count_query(tree: Tree, clock: Clock) -> sql.Composable:
    """SELECT how many active customers the tree matches."""
    return sql.SQL("SELECT count(*)\nFROM customers c\nWHERE {}\n  AND {}").format(
        _ACTIVE, condition(tree.root, clock)
    )


def explain_query(tree: Tree, clock: Clock, customer_id: int) -> sql.Composable:
    """SELECT for one customer: matches, then per leaf the verdict and what it saw."""
    columns = [condition(tree.root, clock)]
    for leaf in tree.leaves:
        columns += [leaf.condition(clock, is_negated=False), leaf.seen(clock)]
    return sql.SQL("SELECT {} FROM customers c WHERE c.id = {}").format(
        sql.SQL(", ").join(columns), sql.Literal(customer_id)
    )
