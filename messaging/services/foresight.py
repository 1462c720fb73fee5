"""What quiet hours and caps would do to an audience just now, as SQL for a forecast.

They are applied when messages are claimed; this only counts ahead.
"""

from datetime import UTC, datetime, time
from typing import Any

from django.utils import timezone

from marketing_os.lib.zones import zone_names, zone_of_customer
from messaging.models import FrequencyCap, SendingHours
from messaging.services.quiet_hours import end_of_quiet

# The zone of customers who have none, or one that nobody knows.
_ELSEWHERE = ""


def outlook(
    customer_id: str, channel: str, local_time: time | None
) -> tuple[str, dict[str, Any]]:
    """Say in SQL the state and reason of a customer's message: 'pending quiet_hours'.

    For marketing sent now, or at a local time. Returns the SQL and what it reads.
    """
    asleep = _zones_asleep(local_time)
    fates = []
    if asleep:
        fates.append((_SLEEPS.format(customer_id=customer_id), "pending quiet_hours"))
    for over, fate in _FATES.items():
        if FrequencyCap.objects.filter(is_active=True, over=over).exists():
            full = f"{customer_id} IN ({_FULL.format(over=over)})"
            fates.append((full, fate))
    cases = " ".join(f"WHEN {condition} THEN '{fate}'" for condition, fate in fates)
    values = {"channel": channel, "asleep": asleep, "zones": list(zone_names())}
    return f"CASE {cases} ELSE 'pending ' END" if cases else "'pending '", values


def _zones_asleep(local_time: time | None) -> list[str]:
    hours = SendingHours.objects.filter(pk=1).first() or SendingHours()
    if not hours.is_quiet:
        return []
    zones = (_ELSEWHERE, *zone_names())
    return [name for name in zones if _sleeps(hours, name, local_time)]


def _sleeps(hours: SendingHours, name: str, local_time: time | None) -> bool:
    now = timezone.now()
    if local_time is None:
        return end_of_quiet(hours, zone_of_customer(name), now) is not None
    # By the clocks there it is the same everywhere.
    moment = datetime.combine(now, local_time, UTC)
    return end_of_quiet(hours, zone_of_customer("UTC"), moment) is not None


_FATES = {
    FrequencyCap.Over.SKIP: "skipped frequency_cap",
    FrequencyCap.Over.WAIT: "pending frequency_cap",
}
_SLEEPS = """(
    SELECT CASE WHEN customers.timezone = ANY(%(zones)s)
                THEN customers.timezone ELSE '' END = ANY(%(asleep)s)
    FROM customers WHERE customers.id = {customer_id})"""
_FULL = """
    SELECT deliveries.customer_id
    FROM frequency_caps
    JOIN deliveries ON frequency_caps.channel IN ('', deliveries.channel)
        AND deliveries.accepted_at > now() - make_interval(
            hours => frequency_caps.length
                     * CASE frequency_caps.unit WHEN 'days' THEN 24 ELSE 1 END)
    JOIN dispatches ON dispatches.id = deliveries.dispatch_id
    JOIN message_templates ON message_templates.id = dispatches.template_id
    WHERE frequency_caps.is_active AND frequency_caps.over = '{over}'
      AND frequency_caps.channel IN ('', %(channel)s)
      AND message_templates.purpose = 'marketing'
    GROUP BY frequency_caps.id, deliveries.customer_id
    HAVING count(*) >= min(frequency_caps.most)"""
