"""How many customers there are, and how many are new."""

from dataclasses import dataclass
from datetime import timedelta

from django.db import connection
from django.db.models import Count, Q
from django.utils import timezone

from customers.models import Customer
from marketing_os.lib.kept import kept

# Up to here customers are counted one by one; beyond, the database's estimate is
# as good as anybody can read.
EXACT_UP_TO = 50_000


@dataclass(frozen=True)
class People:
    total: int
    is_estimate: bool
    new_in_7_days: int
    new_in_the_7_before: int
    new_in_30_days: int


def people() -> People | None:
    return kept("dashboard.people", _count)


def _count() -> People:
    total = Customer.objects.order_by()[: EXACT_UP_TO + 1].count()
    is_estimate = total > EXACT_UP_TO
    if is_estimate:
        total = max(total, _estimate())
    return People(total, is_estimate, *_new())


def _new() -> tuple[int, int, int]:
    """Count those of this week, of the week before and of the last 30 days."""
    now = timezone.now()
    week, two_weeks, month = (now - timedelta(days=days) for days in (7, 14, 30))
    counts = Customer.objects.filter(created_date__gte=month).aggregate(
        week=Count("pk", filter=Q(created_date__gte=week)),
        two_weeks=Count("pk", filter=Q(created_date__gte=two_weeks)),
        month=Count("pk"),
    )
    return counts["week"], counts["two_weeks"] - counts["week"], counts["month"]


def _estimate() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT reltuples::bigint FROM pg_class WHERE oid = 'customers'::regclass"
        )
        return int(cursor.fetchone()[0])
