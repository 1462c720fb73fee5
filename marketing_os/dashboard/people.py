"""How many customers there are, and how many are new."""

from dataclasses import dataclass
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from customers.models import Customer
from marketing_os.dashboard.kept import kept

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
    week, two_weeks = _new_in(7), _new_in(14)
    return People(total, is_estimate, week, two_weeks - week, _new_in(30))


def _new_in(days: int) -> int:
    since = timezone.now() - timedelta(days=days)
    return Customer.objects.filter(created_date__gte=since).order_by().count()


def _estimate() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT reltuples::bigint FROM pg_class WHERE oid = 'customers'::regclass"
        )
        return int(cursor.fetchone()[0])
