"""A club of regulars and of people who drift away, over most of a year."""

import datetime as dt
import random

from customers.models import Customer
from funnel.models import Activity
from tests import make

NOW = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
DAYS = 300


def fill(people=500, *, days=DAYS, name="visit"):
    """Make customers who come about weekly, of whom many stop one day; return them."""
    rng = random.Random(7)
    began = NOW - dt.timedelta(days=days)
    customers = make.customers(people)
    Customer.objects.update(created_date=began)
    activities = []
    for customer in customers:
        # Half of them stop at some day, the others stay on.
        until = rng.uniform(0, days) if rng.random() < 0.5 else days
        pace = rng.uniform(4, 25)
        day = rng.uniform(0, pace)
        while day < until:
            at = began + dt.timedelta(days=day)
            activities.append(
                Activity(customer=customer, name=name, occurred_at=at, amount=5)
            )
            day += rng.expovariate(1 / pace) + 0.5
    Activity.objects.bulk_create(activities)
    return customers


def last_seen(customer):
    """How many days before NOW the customer did something."""
    newest = Activity.objects.filter(customer=customer).first()
    return (NOW - newest.occurred_at).days if newest else DAYS
