"""The funnel report of BENCH_ROWS members, beside the same figures in plain SQL.

Two in three come to a session, one in three pays. Plain SQL counts each stage and joins
each pair of stages for the days between, as one would by hand.
"""

import os
import statistics
import time
from itertools import pairwise

from django.db import connection

from bench.figures import at_most, figure
from bench.mails import make_customers
from funnel.conversions import BUILT_IN
from funnel.report import ATTRIBUTE, MONTH, Split, funnel_report

ROWS = int(os.environ.get("BENCH_ROWS", 1_000_000))
TIMES = 3
NAMES = [one.name for one in BUILT_IN]


def run():
    _fill()
    plain = _median(_count_plainly)
    held = True
    for title, split in (
        ("whole", Split()),
        ("by month", Split(MONTH)),
        ("by attribute", Split(ATTRIBUTE, "city")),
    ):
        ours = _median(lambda split=split: _report(split))
        name = f"funnel report, {ROWS} members, {title}"
        held &= figure(name, ours, plain, "ms", at_most(1.5 if not split.by else 3))
    return held


def _fill():
    make_customers(ROWS)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE customers SET attributes = attributes"
            " || jsonb_build_object('city', 'City ' || id % 40)"
        )
        cursor.execute(
            """INSERT INTO funnel_events (customer_id, funnel_type, from_stage, to_stage,
                   external_id, created_date)
               SELECT id, 'conversion', '', name, '',
                   now() - make_interval(days => 700 - (id %% 600)::int)
                   + place * make_interval(hours => (id %% 97)::int)
               FROM customers, unnest(%s::text[]) WITH ORDINALITY AS s (name, place)
               WHERE place = 1 OR (id %% 3 > 0 AND place = 2) OR id %% 3 = 1""",
            [NAMES],
        )
        cursor.execute("VACUUM ANALYZE")


def _report(split):
    report = funnel_report("conversion", split)
    if report.whole.steps[0].count != ROWS:
        raise AssertionError("Not everybody was counted.")


def _count_plainly():
    with connection.cursor() as cursor:
        for name in NAMES:
            cursor.execute(_COUNT, {"name": name})
            cursor.fetchall()
        for before, after in pairwise(NAMES):
            cursor.execute(_DAYS, {"before": before, "after": after})
            cursor.fetchall()


_COUNT = """
SELECT count(DISTINCT customer_id) FROM funnel_events
WHERE funnel_type = 'conversion' AND to_stage = %(name)s
"""
_DAYS = """
SELECT count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM b.at - a.at))
FROM (SELECT customer_id, min(created_date) AS at FROM funnel_events
      WHERE funnel_type = 'conversion' AND to_stage = %(before)s GROUP BY 1) AS a
JOIN (SELECT customer_id, min(created_date) AS at FROM funnel_events
      WHERE funnel_type = 'conversion' AND to_stage = %(after)s GROUP BY 1) AS b
    USING (customer_id)
"""


def _median(work):
    work()
    took = []
    for _ in range(TIMES):
        start = time.perf_counter()
        work()
        took.append(time.perf_counter() - start)
    return 1000 * statistics.median(took)
