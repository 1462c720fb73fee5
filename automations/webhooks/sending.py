"""Send the calls that are due, several at the same time."""

from concurrent.futures import ThreadPoolExecutor

from django.utils import timezone

from automations.services.webhooks import settle_call, take_calls
from automations.webhooks.posting import post

AT_ONCE = 16


def send_due_calls() -> int:
    """Send what is due, once each, and record what came of it; return how many.

    No transaction is open meanwhile. A worker that dies has told nobody that it was
    there: its calls go out again under the same ID when their lease is over.
    """
    calls = take_calls(timezone.now(), AT_ONCE)
    if not calls:
        return 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for call, outcome in zip(calls, pool.map(post, calls), strict=True):
            settle_call(call, outcome, timezone.now())
    return len(calls)
