"""When a time of the day comes where each customer is, for a whole audience at once."""

import json
from datetime import datetime, time

from marketing_os.lib.zones import next_at, zone_names, zone_of_customer

# The key of customers whose zone is missing or unknown.
_ELSEWHERE = ""


def due_by_zone(clock: time, since: datetime) -> str:
    """Return as JSON when clocks in each zone show a time first, from `since` on."""
    return json.dumps(
        {
            name: next_at(clock, zone_of_customer(name), since).isoformat()
            for name in (_ELSEWHERE, *zone_names())
        }
    )


def due(customer_id: str, by_zone: str) -> str:
    """Say in SQL when it is due for a customer, by what `due_by_zone` returned."""
    return f"""(SELECT coalesce({by_zone}::jsonb ->> customers.timezone,
                {by_zone}::jsonb ->> '{_ELSEWHERE}')::timestamptz
         FROM customers WHERE customers.id = {customer_id})"""  # noqa: S608
