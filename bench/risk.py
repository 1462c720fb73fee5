"""Retention risk of a million customers, and how well it ranks a real shop's.

Features and prediction for everybody stand beside the query for the features alone,
written by hand. On the purchases of CDNOW (REAL_DATA_DIR) the ranking stands beside
silence alone and beside the expected purchases of a BG/NBD model.
"""

import datetime as dt
import gzip
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from django.db import connection
from django.utils import timezone
from sklearn.metrics import roc_auc_score

from bench import bgnbd
from bench.figures import at_least, at_most, figure
from messaging.models import Dispatch, MessageTemplate
from segments.models import ScoreRefresh, ScoreSettings
from segments.scores.binary import joined
from segments.scores.features import COLUMNS, Period, read_features
from segments.scores.model import RegressionScorer
from segments.scores.names import counted_names
from segments.scores.storing import Levels, scores_of

ROWS = int(os.environ.get("BENCH_ROWS", 1_000_000))
ACTIVITIES_EACH = 5
HORIZON = 90
ROUNDS = 3
MEGABYTES = 1_500

CUSTOMERS = """
INSERT INTO customers (id, lms_lead_id, first_name, last_name, email, mobile, timezone,
                       attributes, created_date)
SELECT n, 'lead-' || n, 'Ada', 'Number ' || n, 'lead-' || n || '@example.org', '', '', '{}',
       now() - interval '900 days'
FROM generate_series(1, %s) AS n
"""
# Half of the customers drift away at some day; all come about equally often before.
ACTIVITIES = """
INSERT INTO activities (customer_id, name, occurred_at, amount, properties, external_id)
SELECT customer, CASE WHEN kind %% 4 = 0 THEN 'purchase' ELSE 'visit' END,
       now() - make_interval(secs => 86400.0 * (
           gone + (900 - gone) * (kind %% 100003) / 100003.0)),
       kind %% 100, '{}', ''
FROM generate_series(1, %s) AS place, generate_series(1, %s) AS customer,
     LATERAL (SELECT
         (customer::bigint * 48271 + place::bigint * 1760180303) %% 2147483647 AS kind,
         CASE WHEN customer %% 2 = 0 THEN 0
              ELSE (customer::bigint * 7919) %% 850 END AS gone) AS drawn
"""
# Every second customer got two mails lately, and some of them opened one.
DELIVERIES = """
INSERT INTO deliveries (dispatch_id, customer_id, occurrence, channel, address, lane,
                        state, reason, detail, provider, provider_id, accepted_at,
                        opened_at)
SELECT %s, customer, place, 'email', '', 2, 'accepted', '', '', '', '',
       now() - make_interval(days => (customer %% 100)::int),
       CASE WHEN customer %% 3 = 0 THEN now() END
FROM generate_series(2, %s, 2) AS customer, generate_series(1, 2) AS place
"""
BY_HAND = """
CREATE TEMPORARY TABLE by_hand AS
SELECT c.id, now() - a.last AS silent, a.times, a.spend, now() - a.first AS tenure,
       a.lately, a.before, m.received, m.opened, a.level_times
FROM customers c
LEFT JOIN (
    SELECT customer_id, max(occurred_at) AS last, min(occurred_at) AS first,
           count(*) AS times, sum(amount) FILTER (WHERE name = 'purchase') AS spend,
           count(*) FILTER (WHERE occurred_at >= now() - interval '45 days') AS lately,
           count(*) FILTER (WHERE occurred_at < now() - interval '45 days'
               AND occurred_at >= now() - interval '90 days') AS before,
           count(*) FILTER (WHERE occurred_at >= now() - interval '30 days')
               AS level_times
    FROM activities
    WHERE name IN ('purchase', 'visit') AND occurred_at < now()
    GROUP BY customer_id) a ON a.customer_id = c.id
LEFT JOIN (
    SELECT customer_id, count(*) AS received, count(opened_at) AS opened
    FROM deliveries WHERE accepted_at >= now() - interval '90 days'
    GROUP BY customer_id) m ON m.customer_id = c.id
WHERE c.erased_at IS NULL AND c.archived_at IS NULL
"""

CUT = dt.date(1997, 10, 1)
# The model's time begins with the first purchase, and knows days, in weeks.
PURCHASE_DAYS = """
SELECT count(DISTINCT day) FILTER (WHERE day < %(cut)s) - 1,
       (max(day) FILTER (WHERE day < %(cut)s) - min(day)) / 7.0,
       (%(cut)s - min(day)) / 7.0,
       count(*) FILTER (WHERE day >= %(cut)s)
FROM (SELECT customer_id, occurred_at::date AS day FROM activities) AS purchases
GROUP BY customer_id
"""


def run():
    held = [whole_process(), *rankings()]
    return all(held)


def whole_process():
    """Fill the database, then compare; the refresh runs as it does for staff."""
    fill()
    names = counted_names(ScoreSettings.current())
    now = timezone.now()
    exam = Period(now - dt.timedelta(days=HORIZON), HORIZON)
    one_in = max(1, ROWS // 200_000)
    known = joined(list(read_features(names, exam, one_in=one_in)), COLUMNS)
    scorer = RegressionScorer.learn(known, exam.days)
    by_hand, ours = [], []
    for _round in range(ROUNDS):
        by_hand.append(timed(features_by_hand))
        ours.append(timed(lambda: predict(names, now, scorer)))
    held = figure(
        f"features and prediction of {ROWS:,} customers",
        min(ours), min(by_hand), "s", at_most(4),
    )  # fmt: skip
    seconds, found = refresh()
    figure("a whole refresh, training and storing too", seconds, min(by_hand), "s")
    return (
        figure(
            "memory of a refresh at its peak",
            found["megabytes"],
            MEGABYTES,
            "MB",
            at_most(1),
        )
        and held
    )


def fill():
    with connection.cursor() as cursor:
        cursor.execute(CUSTOMERS, [ROWS])
        cursor.execute(ACTIVITIES, [ACTIVITIES_EACH, ROWS])
        cursor.execute(DELIVERIES, [some_dispatch().pk, ROWS])
        cursor.execute("VACUUM ANALYZE customers, activities, deliveries")


def some_dispatch():
    template = MessageTemplate.objects.create(name="News", type="email", subject="News")
    return Dispatch.objects.create(template=template, source_key="news", name="News")


def timed(work):
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def features_by_hand():
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS by_hand")
        cursor.execute(BY_HAND)


def predict(names, now, scorer):
    period = Period(now, HORIZON, looks_ahead=False)
    found = 0
    for rows in read_features(names, period):
        found += len(scores_of(rows, scorer, period.days, Levels(2, 8), 1))
    assert found == ROWS


def refresh(*arguments):
    began = time.perf_counter()
    command = [sys.executable, "manage.py", "refresh_scores", *arguments]
    subprocess.run(command, check=True)
    done = ScoreRefresh.objects.get(is_current=True)
    assert done.method == "model"
    return time.perf_counter() - began, done.figures


def rankings():
    """Yield whether the ranking of a real shop's customers reaches its bar."""
    folder = os.environ.get("REAL_DATA_DIR")
    if not folder:
        print("Without REAL_DATA_DIR no ranking of a real shop's customers.")
        return
    fill_with_purchases(Path(folder) / "cdnow_purchases" / "CDNOW_master.txt.gz")
    _seconds, found = refresh("--as-of", "1998-07-01", "--horizon-days", "273")
    auc = 100 * found["auc"]
    figure("AUC, 39 weeks to the next 39, beside silence alone",
           auc, 100 * found["auc_recency"], "%")  # fmt: skip
    expected, came_back = expected_purchases()
    ranked = 100 * roc_auc_score(~came_back, -expected)
    figure("AUC, beside BG/NBD's expected purchases", auc, ranked, "%")
    yield figure("AUC, beside its bar", auc, 77.0, "%", at_least(1))


def fill_with_purchases(path):
    with gzip.open(path, "rt") as lines:
        rows = [line.split() for line in list(lines)[1:]]
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE customers CASCADE")
        with cursor.copy(
            "COPY customers (id, lms_lead_id, first_name, last_name, email, mobile,"
            " timezone, attributes) FROM STDIN"
        ) as copy:
            for who in sorted({row[0] for row in rows}):
                copy.write_row((int(who), who, "", "", "", "", "", "{}"))
        with cursor.copy(
            "COPY activities (customer_id, name, occurred_at, amount, properties,"
            " external_id) FROM STDIN"
        ) as copy:
            for who, day, _count, amount in rows:
                copy.write_row((int(who), "purchase", day, amount, "{}", ""))
        cursor.execute("ANALYZE customers, activities")


def expected_purchases():
    """Return BG/NBD's expectation per customer, and whether they came back."""
    with connection.cursor() as cursor:
        cursor.execute(PURCHASE_DAYS, {"cut": CUT})
        rows = np.array(cursor.fetchall(), float)
    repeats, last, age, came_back = rows.T
    return bgnbd.expected_purchases(repeats, last, age, 39), came_back > 0
