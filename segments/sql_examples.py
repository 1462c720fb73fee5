"""Examples of SQL segments, for people who read what they may ask."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Example:
    """A query that works as it stands. `view` is the one that it is about."""

    title: Any
    view: str
    sql: str


EXAMPLES = (
    Example(
        _("With an address at one company, known for a year"),
        "customers",
        "SELECT id\n"
        "FROM customers\n"
        "WHERE lower(email) LIKE '%@example.org'\n"
        "  AND created_date < now() - interval '1 year'",
    ),
    Example(
        _("By an attribute"),
        "customer_attributes",
        "SELECT customer_id\n"
        "FROM customer_attributes\n"
        "WHERE field_name = 'city'\n"
        "  AND field_value = '\"London\"'",
    ),
    Example(
        _("By a number"),
        "customer_attributes",
        "SELECT customer_id\n"
        "FROM customer_attributes\n"
        "WHERE field_name = 'visits'\n"
        "  AND field_value > '10'",
    ),
    Example(
        _("Reached a stage this month"),
        "funnel_events",
        "SELECT DISTINCT customer_id\n"
        "FROM funnel_events\n"
        "WHERE to_stage = 'won'\n"
        "  AND created_date >= date_trunc('month', now())",
    ),
    Example(
        _("At a stage now, for more than 14 days"),
        "funnel_events",
        "SELECT customer_id\n"
        "FROM (\n"
        "  SELECT DISTINCT ON (customer_id) customer_id, to_stage, created_date\n"
        "  FROM funnel_events\n"
        "  WHERE funnel_type = 'sales'\n"
        "  ORDER BY customer_id, created_date DESC, id DESC\n"
        ") newest\n"
        "WHERE to_stage = 'Contacted'\n"
        "  AND created_date < now() - interval '14 days'",
    ),
    Example(
        _("Bought often, and lately"),
        "activities",
        "SELECT customer_id\n"
        "FROM activities\n"
        "WHERE name = 'purchase'\n"
        "  AND occurred_at > now() - interval '90 days'\n"
        "GROUP BY customer_id\n"
        "HAVING count(*) >= 3",
    ),
    Example(
        _("By a property of what was done"),
        "activities",
        "SELECT DISTINCT customer_id\n"
        "FROM activities\n"
        "WHERE name = 'class attended'\n"
        "  AND properties ->> 'course' = 'MBA'",
    ),
    Example(
        _("Booked three times or more and never came"),
        "bookings",
        "SELECT customer_id\n"
        "FROM bookings\n"
        "GROUP BY customer_id\n"
        "HAVING count(*) >= 3 AND NOT bool_or(attended)",
    ),
    Example(
        _("Came to a paid session in the last month"),
        "sessions",
        "SELECT b.customer_id\n"
        "FROM sessions s JOIN bookings b ON b.session_id = s.id\n"
        "WHERE b.attended AND s.is_paid\n"
        "  AND s.starts_at > now() - interval '1 month'",
    ),
    Example(
        _("Came to sessions of two groups or more"),
        "groups",
        "SELECT b.customer_id\n"
        "FROM groups g JOIN sessions s ON s.group_id = g.id\n"
        "JOIN bookings b ON b.session_id = s.id\n"
        "WHERE b.attended\n"
        "GROUP BY b.customer_id\n"
        "HAVING count(DISTINCT g.id) >= 2",
    ),
    Example(
        _("With a tag, and without another one"),
        "member_tags",
        "SELECT customer_id FROM member_tags WHERE tag = 'vip'\n"
        "EXCEPT\n"
        "SELECT customer_id FROM member_tags WHERE tag = 'staff'",
    ),
    Example(
        _("With an offer that ends this week and is not used"),
        "member_offers",
        "SELECT DISTINCT customer_id\n"
        "FROM member_offers\n"
        "WHERE NOT is_used\n"
        "  AND expiry_date BETWEEN current_date AND current_date + 7",
    ),
    Example(
        _("With credits left"),
        "credit_entries",
        "SELECT customer_id\n"
        "FROM credit_entries\n"
        "GROUP BY customer_id\n"
        "HAVING sum(amount) > 0",
    ),
    Example(
        _("Said yes to e-mail last"),
        "consents",
        "SELECT customer_id\n"
        "FROM (\n"
        "  SELECT DISTINCT ON (customer_id) customer_id, granted\n"
        "  FROM consents\n"
        "  WHERE channel = 'email' AND topic = ''\n"
        "  ORDER BY customer_id, occurred_at DESC, granted, id DESC\n"
        ") newest\n"
        "WHERE granted",
    ),
    Example(
        _("Visits by phone only"),
        "devices",
        "SELECT customer_id\n"
        "FROM devices\n"
        "GROUP BY customer_id\n"
        "HAVING bool_and(device_type = 'phone')",
    ),
    Example(
        _("Got a mail but never clicked"),
        "deliveries",
        "SELECT DISTINCT customer_id\n"
        "FROM deliveries d\n"
        "WHERE state IN ('accepted', 'delivered')\n"
        "  AND NOT EXISTS (SELECT 1 FROM delivery_events e\n"
        "                  WHERE e.customer_id = d.customer_id\n"
        "                    AND e.kind = 'clicked')",
    ),
    Example(
        _("Opened something in the last 30 days"),
        "delivery_events",
        "SELECT DISTINCT customer_id\n"
        "FROM delivery_events\n"
        "WHERE kind = 'opened'\n"
        "  AND is_human\n"
        "  AND occurred_at > now() - interval '30 days'",
    ),
    Example(
        _("On a list, by its name"),
        "customer_segments",
        "SELECT l.customer_id\n"
        "FROM customer_segment_customer_list l\n"
        "JOIN customer_segments s ON s.id = l.customer_segment_id\n"
        "WHERE s.name = 'Open day guests'",
    ),
    Example(
        _("On one list and not on another"),
        "customer_segment_customer_list",
        "SELECT customer_id\n"
        "FROM customer_segment_customer_list\n"
        "WHERE customer_segment_id = 1\n"
        "EXCEPT\n"
        "SELECT customer_id\n"
        "FROM customer_segment_customer_list\n"
        "WHERE customer_segment_id = 2",
    ),
)
