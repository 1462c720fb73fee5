"""A million customers, and a million activities, beside COPY and an upsert."""

import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from datetime import date, datetime, timedelta
from pathlib import Path

from django.db import connection

from bench.figures import at_most, figure

ROWS = int(os.environ.get("BENCH_ROWS", 1_000_000))
SMALL = ROWS // 10
MEGABYTES = 200

FIRST = [
    "Ada",
    "Ben",
    "Clara",
    "David",
    "Eva",
    "Felix",
    "Greta",
    "Hans",
    "Ida",
    "Jonas",
    "Käthe",
    "Lukas",
]
LAST = ["Müller", "Schmidt", "Weber", "Fischer", "Becker", "Koch", "O'Neil", "García"]
COUNTRIES = ["DE", "FR", "AT", "CH", "IT", "ES", "NL", "PL", "US", "GB"]
PLANS = ["free"] * 5 + ["basic"] * 3 + ["pro", "team"]
ATTRIBUTES = ("country", "plan", "score", "signup_date", "newsletter", "city")
HEADER = ("lms_lead_id", "email", "first_name", "last_name", *ATTRIBUTES)
ACTIVITY = ("lms_lead_id", "name", "occurred_at", "amount", "external_id")

STAGE = """
CREATE UNLOGGED TABLE plain_stage (lms_lead_id text, email text, first_name text,
    last_name text, country text, plan text, score int, signup_date date,
    newsletter boolean, city text)
"""
UPSERT = """
INSERT INTO customers (lms_lead_id, email, first_name, last_name, mobile, timezone,
                       attributes, created_date, updated_date)
SELECT lms_lead_id, email, first_name, last_name, '', '',
       jsonb_build_object('country', country, 'plan', plan, 'score', score,
           'signup_date', signup_date, 'newsletter', newsletter, 'city', city),
       now(), now()
FROM plain_stage
ON CONFLICT (lms_lead_id) DO UPDATE
SET email = excluded.email, first_name = excluded.first_name,
    last_name = excluded.last_name, attributes = excluded.attributes,
    updated_date = now()
"""
# The rate of COPY and upsert into a table without the product's indexes that the
# factors of the peers refer to: A2 of the measurements of peers.
PLAIN_TABLE = """
CREATE TABLE plain_contact (id bigserial PRIMARY KEY, lms_lead_id text UNIQUE,
    email text NOT NULL, first_name text, last_name text, country text, plan text,
    score int, signup_date date, newsletter boolean, city text,
    updated_at timestamptz DEFAULT now())
"""
PLAIN_UPSERT = f"""
INSERT INTO plain_contact ({", ".join(HEADER)}) SELECT {", ".join(HEADER)}
FROM plain_stage ON CONFLICT (lms_lead_id) DO UPDATE
SET {", ".join(f"{name} = excluded.{name}" for name in HEADER[1:])}, updated_at = now()
"""


def write_customers(path, count):
    """A wide CSV of made-up customers, the same for the same count."""
    made = random.Random(7)
    choose = made.choice
    first_day = date(2020, 1, 1)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for number in range(count):
            writer.writerow(
                (
                    f"B-{number:08d}",
                    f"person{number}@part{number % 97}.example.org",
                    choose(FIRST),
                    choose(LAST),
                    choose(COUNTRIES),
                    choose(PLANS),
                    made.randrange(101),
                    first_day + timedelta(days=made.randrange(2400)),
                    choose(("true", "false")),
                    f"City {made.randrange(500)}",
                )
            )
    return path


def write_activities(path, count, customers):
    made = random.Random(11)
    start = datetime(2026, 1, 1)  # noqa: DTZ001 (written as local text)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(ACTIVITY)
        for number in range(count):
            writer.writerow(
                (
                    f"B-{made.randrange(customers):08d}",
                    made.choice(("visit", "visit", "purchase", "login")),
                    start + timedelta(seconds=made.randrange(20_000_000)),
                    made.randrange(100),
                    f"a{number}",
                )
            )
    return path


def ours(target, path):
    command = [sys.executable, "-m", "bench.importing", target, str(path), "{}"]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    result = json.loads(done.stdout)
    steps = ", ".join(f"{name} {s:.1f} s" for name, s in result["seconds"].items())
    print(f"  {path.name}: {steps}, {result['memory']:.0f} MB", flush=True)
    return result | {"total": sum(result["seconds"].values())}


def run_sql(*statements):
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def copy(path, table, columns):
    with (
        connection.cursor() as cursor,
        path.open("rb") as file,
        cursor.copy(
            f"COPY {table} ({', '.join(columns)}) FROM STDIN WITH (FORMAT csv, HEADER)"
        ) as into,
    ):
        while block := file.read(1 << 20):
            into.write(block)


def timed(do, *args):
    begin = time.perf_counter()
    do(*args)
    return time.perf_counter() - begin


def copy_and_upsert(path, upsert):
    run_sql("DROP TABLE IF EXISTS plain_stage", STAGE)
    copy(path, "plain_stage", HEADER)
    run_sql(upsert)


def empty_customers():
    run_sql("TRUNCATE customers CASCADE", "VACUUM customers", "CHECKPOINT")


def customers(folder):
    small = write_customers(folder / "small.csv", SMALL)
    large = write_customers(folder / "large.csv", ROWS)
    baseline = timed(copy_and_upsert, large, UPSERT)
    empty_customers()
    run_sql(PLAIN_TABLE)
    peers = timed(copy_and_upsert, large, PLAIN_UPSERT)
    run_sql("DROP TABLE plain_contact, plain_stage", "CHECKPOINT")
    small_memory = ours("customers", small)["memory"]
    empty_customers()
    first = ours("customers", large)
    assert first["created"] == ROWS, first
    again = ours("customers", large)
    assert (again["unchanged"], again["updated"]) == (ROWS, 0), again
    large_memory = max(first["memory"], again["memory"])
    return [
        figure(
            f"{ROWS:,} customers x 6 attributes", first["total"], baseline, "s",
            at_most(2.5),
        ),
        figure("  beside COPY + upsert of a bare table (A2)", first["total"], peers,
               "s", at_most(6)),
        figure("  the same file again", again["total"], first["total"], "s",
               at_most(1)),
        figure("  peak memory", large_memory, MEGABYTES, "MB", at_most(1)),
        figure("  peak memory, to that of a tenth of the rows", large_memory,
               small_memory, "MB", at_most(1.1)),
    ]  # fmt: skip


ACTIVITY_STAGE = """
CREATE UNLOGGED TABLE plain_stage (lms_lead_id text, name text,
    occurred_at timestamp, amount numeric, external_id text)
"""
# Rows that are ready: the customer is looked up and the identity made beforehand.
READY = """
COPY (SELECT c.id, s.name, s.occurred_at, '{}', s.amount, s.external_id,
             md5('activities:' || s.external_id)::uuid
      FROM plain_stage AS s JOIN customers AS c USING (lms_lead_id))
TO STDOUT WITH (FORMAT csv, HEADER)
"""
READY_COLUMNS = (
    "customer_id", "name", "occurred_at", "properties", "amount", "external_id",
    "identity",
)  # fmt: skip


def activities(folder):
    path = write_activities(folder / "activities.csv", ROWS, ROWS)

    run_sql("DROP TABLE IF EXISTS plain_stage", ACTIVITY_STAGE)
    copy(path, "plain_stage", ACTIVITY)
    ready = folder / "ready.csv"
    with (
        connection.cursor() as cursor,
        ready.open("wb") as file,
        cursor.copy(READY) as rows,
    ):
        file.writelines(rows)
    plain = timed(copy, ready, "activities", READY_COLUMNS)
    run_sql("TRUNCATE activities", "DROP TABLE plain_stage", "CHECKPOINT")
    result = ours("activities", path)
    assert result["created"] == ROWS, result
    return [
        figure(
            f"{ROWS:,} activities, beside COPY of ready rows",
            result["total"],
            plain,
            "s",
            at_most(2.5),
        ),
        figure("  peak memory", result["memory"], MEGABYTES, "MB", at_most(1)),
    ]


def run():
    with tempfile.TemporaryDirectory(prefix="mos-bench-") as name:
        folder = Path(name)
        held = customers(folder) + activities(folder)
    return all(held)
