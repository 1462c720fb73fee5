"""Events over HTTP beside bare Django views that only store them.

All run under gunicorn with the settings of `make run` on one database that waits for
the disk at each commit. Keep-alive clients in another process, more than the server has
workers, send the same bodies to one and then to the others, round after round; before
the rounds that count the database has looked at its tables, as it does by itself.
"""

import os
import statistics
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from multiprocessing import get_context

from django.db import connection

from bench.figures import at_least, figure
from bench.http_load import load
from bench.web import serving
from customers.models import Customer
from marketing_os.lib.api.keys import create_key

TABLE = """CREATE TABLE bench_events (id bigserial PRIMARY KEY,
customer_id bigint NOT NULL, name text NOT NULL, ts timestamptz NOT NULL, props jsonb)"""
CUSTOMERS = 20_000
ROUNDS = 5
SECONDS = float(os.environ.get("BENCH_API_SECONDS", "5"))
BATCH = 100


def run() -> bool:
    Customer.objects.bulk_create(
        Customer(lms_lead_id=f"lead-{number}", email=f"lead-{number}@example.org")
        for number in range(CUSTOMERS)
    )
    first = Customer.objects.order_by("pk").values_list("pk", flat=True)[0]
    unlimited = {"requests_per_minute": 10**9, "items_per_minute": 10**9}
    _key, secret = create_key("bench", ["events:write"], **unlimited)
    with connection.cursor() as cursor:
        cursor.execute(TABLE)
        cursor.execute("ANALYZE")
    servers = (
        ("marketing_os.wsgi", ""),
        ("bench.events_app:app", "plain"),
        ("bench.events_app:app", "own"),
    )
    with ExitStack() as stack:
        ports = [
            stack.enter_context(serving(application, BENCH_TABLE=table)).port
            for application, table in servers
        ]
        single, one, own_one = _rates(ports, secret, first, 1)
        batch, many, own_many = _rates(ports, secret, first, BATCH)
    holds = (
        figure("API: single events", single, one, "/s", at_least(0.4)),
        figure("API: batches of 100", batch, many, "/s", at_least(0.3)),
    )
    figure("API: single, bare into the product's table", single, own_one, "/s")
    figure("API: batches, bare into the product's table", batch, own_many, "/s")
    return all(holds)


def _rates(ports, secret, first, size):
    """The median rates of answers per second of each server, measured in turns."""
    rates = {port: [] for port in ports}
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        for turn in range(ROUNDS + 1):
            for port in ports:
                rate = pool.submit(
                    load, port, secret, first, CUSTOMERS, size, SECONDS
                ).result()
                if turn:  # the first round warms up
                    rates[port].append(rate)
            if not turn:
                with connection.cursor() as cursor:
                    cursor.execute("VACUUM ANALYZE")
    return [statistics.median(rates[port]) for port in ports]
