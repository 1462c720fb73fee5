"""Workflows: the daily look, the way through steps, and from an event to its message."""

from bench.workflow_daily import daily


def run():
    return daily()
