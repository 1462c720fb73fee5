"""An audience of a million decided into the ledger, beside a plain copy of the rows."""

import time

from django.db import connection

from bench.delivery import make_template
from bench.figures import at_most, figure
from bench.mails import make_customers
from customers.models import Customer
from messaging.models import Dispatch
from messaging.services import RecipientPolicy, fan_out

CUSTOMERS, ROUNDS = 1_000_000, 2
# The rows that the fan-out wrote, into the same table under another dispatch.
PLAIN = """
INSERT INTO deliveries
    (dispatch_id, customer_id, occurrence, channel, address, lane, state, reason,
     detail, due_at, attempt, provider, provider_id, created_at, updated_at)
SELECT %s, customer_id, occurrence, channel, address, lane, state, reason,
       detail, due_at, attempt, provider, provider_id, created_at, updated_at
FROM deliveries WHERE dispatch_id = %s ORDER BY id
"""


def run():
    make_customers(CUSTOMERS)
    template = make_template()
    rounds = [(decide(template, number), copy(template)) for number in range(ROUNDS)]
    ours, plain = (min(way) for way in zip(*rounds, strict=True))
    return figure(
        f"an audience of {CUSTOMERS} decided into the ledger",
        ours,
        plain,
        "s",
        at_most(3),
    )


def decide(template, number):
    start = time.perf_counter()
    dispatch = fan_out(
        template=template,
        audience=Customer.objects.all(),
        source_key=f"bench:{number}",
        series=f"bench {number}",
        name="Bench",
        policy=RecipientPolicy(),
    )
    took = time.perf_counter() - start
    if dispatch.audience_count != CUSTOMERS:
        raise AssertionError("Not everybody was decided about.")
    return took


def copy(template):
    decided = Dispatch.objects.latest("id")
    plain = Dispatch.objects.create(
        template=template, source_key=f"plain:{decided.pk}", name="Plain"
    )
    start = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(PLAIN, [plain.pk, decided.pk])
    return time.perf_counter() - start
