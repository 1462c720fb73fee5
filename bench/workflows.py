"""Workflows: the daily look, the way through steps, and from an event to its message."""

from bench.workflow_daily import daily
from bench.workflow_events import events
from bench.workflow_steps import steps


def run():
    held = [daily(), steps(), events()]
    return all(held)
