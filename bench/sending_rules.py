"""Mails under quiet hours and frequency caps, beside the same mails without rules."""

from datetime import time, timedelta

from django.utils import timezone

from bench.delivery import make_template, ours, to
from bench.figures import at_least, figure
from bench.mails import make_customers
from bench.sink import sink
from messaging.models import FrequencyCap, SendingHours

MAILS, ROUNDS = 20_000, 3


def run():
    make_customers(MAILS)
    template = make_template()
    with sink() as (port, name):
        print(f"{MAILS} mails to {name}, the best of {ROUNDS} rounds", flush=True)
        rounds = [
            (free(template, port), under_rules(template, port)) for _ in range(ROUNDS)
        ]
    without, with_rules = (min(way) for way in zip(*rounds, strict=True))
    return figure(
        "SMTP, one process, two caps and quiet hours",
        MAILS / with_rules,
        MAILS / without,
        "mails/s",
        at_least(0.85),
    )


def free(template, port):
    FrequencyCap.objects.all().delete()
    SendingHours.objects.all().delete()
    return ours(template, 1, **to(port)).seconds


def under_rules(template, port):
    """Send with rules that are asked of every mail and hold none of them back."""
    FrequencyCap.objects.create(channel="email", most=500, length=7)
    FrequencyCap.objects.create(channel="", most=900, length=30)
    night = timezone.now() + timedelta(hours=6)
    SendingHours.objects.create(
        is_quiet=True, quiet_from=time(night.hour), quiet_until=time(night.hour, 30)
    )
    return ours(template, 1, **to(port)).seconds
