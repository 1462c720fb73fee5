"""Mails over SMTP: the whole pipeline beside plain lines that do the same duties.

Both read recipients from the same table, write one log row for each and send to the
same local sink; the clock runs from the first log row to the last.
"""

import os

import psycopg

from bench import plain_sender
from bench.figures import at_least, at_most, figure
from bench.mails import HTML, SUBJECT, TEXT, make_customers
from bench.runners import timed
from bench.sink import sink
from customers.models import Customer
from messaging.models import Delivery, MessageTemplate
from messaging.services import RecipientPolicy, fan_out, save_template

MAILS, MANY, ROUNDS = 20_000, 40_000, 2
WORKER_MEGABYTES = 200


def run():
    make_customers(MAILS)
    template = make_template()
    with sink() as (port, name):
        print(f"{MAILS} mails to {name}, the best of {ROUNDS} rounds", flush=True)
        plain, one, two = measure(port, template)
        make_customers(MANY)
        many = ours(template, 1, **to(port))
    return all(
        [
            per_second("SMTP, one process", MAILS, one, plain, at_least(0.5)),
            per_second("SMTP, two processes to one", MAILS, two, one, at_least(1.5)),
            figure(
                "memory of a worker",
                one.megabytes,
                WORKER_MEGABYTES,
                "MB",
                at_most(1.0),
            ),
            figure(
                f"memory of a worker, {MANY} mails to {MAILS}",
                many.megabytes,
                one.megabytes,
                "MB",
                at_most(1.2),
            ),
            per_second(f"SMTP, {MANY} mails", MANY, many, plain),
        ]
    )


def per_second(name, count, ours, baseline, bar=None):
    return figure(name, count / ours.seconds, MAILS / baseline.seconds, "mails/s", bar)


def measure(port, template):
    """The best of each way; they take turns, so that a noisy minute meets all."""
    rounds = [
        (
            plain(port),
            ours(template, 1, **to(port)),
            ours(template, 2, **to(port)),
        )
        for _ in range(ROUNDS)
    ]
    return [
        min(way, key=lambda took: took.seconds) for way in zip(*rounds, strict=True)
    ]


def to(port):
    return {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(port)}


def make_template():
    template = MessageTemplate(
        name="Bench",
        templating_type="html",
        subject=SUBJECT,
        message=HTML,
        body_text=TEXT,
    )
    return save_template(template)


def plain(port):
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as database:
        plain_sender.make_log(database)
        took = timed(
            [("bench.plain_sender", str(port))],
            lambda: plain_sender.fill_log(database),
        )
        check(database, "SELECT count(*) FROM plain_log WHERE state = 2")
    return took


def ours(template, processes, **environment):
    """Send the template to all customers, from the fan-out to the last outcome."""
    audience = Customer.objects.all()
    number = Delivery.objects.count()
    took = timed(
        [("bench.worker",)] * processes,
        lambda: fan_out(
            template=template,
            audience=audience,
            source_key=f"bench:{number}",
            series="bench",
            name="Bench",
            policy=RecipientPolicy(),
        ),
        **environment,
    )
    accepted = Delivery.objects.filter(state="accepted").count()
    if accepted - number != audience.count():
        raise AssertionError("Not every mail was sent.")
    return took


def check(database, query):
    if database.execute(query).fetchone()[0] != MAILS:
        raise AssertionError("Not every mail was sent.")
