"""500 members who keep their notifications open, beside a view that does nothing.

Each asks for news every 15 seconds, on a connection of its own as a browser does whose
last one was closed meanwhile. The same server with the same middleware answers all: the
members' pages (with a cookie), the JSON API (with a token) and the view that does
nothing, in turns, round after round.
"""

import os
import statistics
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from django.db import connection
from django.http import HttpResponse

from bench.figures import at_most, figure
from bench.polling_load import poll
from bench.web import serving
from customers.models import Customer
from portal.members import COOKIE, keep_member, open_session

MEMBERS, EVERY = 500, 15.0
ROWS = int(os.environ.get("BENCH_ROWS", "1000000"))
ROUNDS = 2
SECONDS = float(os.environ.get("BENCH_SECONDS", "30"))
_CUSTOMERS = """
INSERT INTO customers (lms_lead_id, first_name, last_name, email, mobile, timezone,
    attributes, created_date, updated_date)
SELECT 'lead-' || n, 'Ada', 'Number ' || n, 'lead-' || n || '@example.org', '', '', '{}',
    now(), now()
FROM generate_series(1, greatest(%s / 10, %s)) AS n
"""
_NOTIFICATIONS = """
INSERT INTO notifications (member_id, title, message, icon, action_url, read_at)
SELECT c.id, 'Number ' || n, 'A line of some length.', 'info', '',
    CASE WHEN n > 2 THEN now() END
FROM generate_series(1, 10) AS n, customers AS c
"""


def run() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_CUSTOMERS, [ROWS, MEMBERS])
        cursor.execute(_NOTIFICATIONS)
        cursor.execute("VACUUM ANALYZE customers")
        cursor.execute("VACUUM ANALYZE notifications")
    members = list(Customer.objects.order_by("pk")[:MEMBERS])
    asked = {
        "nothing": ("/bench/nothing", ["" for _member in members]),
        "pages": ("/me/notifications/news", [_cookie(one) for one in members]),
        "API": ("/api/v1/me/notifications/news/", [_header(one) for one in members]),
    }
    with serving("bench.polling_app:app") as server:
        told = {name: [] for name in asked}
        for turn in range(ROUNDS + 1):
            for name, (path, headers) in asked.items():
                found = _measured(server, path, headers)
                if turn:  # the first round warms up
                    told[name].append(found)
    figures = {name: _medians(rounds) for name, rounds in told.items()}
    nothing = figures.pop("nothing")
    held = [_holds(name, ours, nothing) for name, ours in figures.items()]
    return all(held)


def _measured(server, path, headers):
    before = server.cpu_seconds()
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        load = (server.port, path, headers, EVERY, SECONDS)
        times = pool.submit(poll, *load).result()
    cpu = (server.cpu_seconds() - before) / len(times)
    slow = statistics.quantiles(times, n=20)[-1]
    return [1_000 * value for value in (statistics.median(times), slow, cpu)]


def _medians(rounds):
    return [statistics.median(values) for values in zip(*rounds, strict=True)]


def _holds(name, ours, nothing):
    who = f"polling, {name}: {MEMBERS} members every {EVERY:.0f} s"
    figure(f"{who}, median", ours[0], nothing[0], "ms")
    figure(f"{who}, 95 %", ours[1], nothing[1], "ms")
    return figure(f"{who}, CPU of web", ours[2], nothing[2], "ms", at_most(3))


def _cookie(member):
    response = HttpResponse()
    keep_member(response, member)
    return f"Cookie: {COOKIE}={response.cookies[COOKIE].value}\r\n"


def _header(member):
    return f"Authorization: Member {open_session(member).token}\r\n"
