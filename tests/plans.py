"""How much a page makes the database read, by the plans of its queries."""

import json

from django.db import connection
from django.test.utils import CaptureQueriesContext


class Reading:
    """The queries that ran inside `with`, and the rows that each made PostgreSQL read."""

    def __enter__(self):
        self._captured = CaptureQueriesContext(connection)
        self._captured.__enter__()
        return self

    def __exit__(self, *error):
        self._captured.__exit__(*error)
        self.queries = [
            query["sql"]
            for query in self._captured.captured_queries
            if query["sql"].lstrip().startswith("SELECT")
        ]

    def worst(self):
        """Return the highest number of rows that one step of a plan read, and of what."""
        return max((_worst(sql), sql) for sql in self.queries)


def scans_of(sql):
    """Return the ways in which PostgreSQL reads its tables for a query."""
    return {kind for kind in _kinds(_plan(sql)) if kind.endswith("Scan")}


def _worst(sql):
    return max(_rows_read(_plan(sql)))


def _plan(sql):
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, TIMING off, FORMAT json) {sql}")
        [found] = cursor.fetchone()
    plan = json.loads(found) if isinstance(found, str) else found
    return plan[0]["Plan"]


def _kinds(node):
    yield node["Node Type"]
    for child in node.get("Plans", []):
        yield from _kinds(child)


def _rows_read(node):
    if node["Node Type"] == "Bitmap Index Scan":
        # The places of all rows with a word stand together, at a few bits each.
        return
    removed = sum(node.get(key, 0) for key in node if key.startswith("Rows Removed by"))
    yield int((node.get("Actual Rows", 0) + removed) * node.get("Actual Loops", 1))
    for child in node.get("Plans", []):
        yield from _rows_read(child)
