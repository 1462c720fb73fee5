import datetime as dt

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from customers.models import Customer
from funnel.models import Activity
from segments.functions import segment_function


@segment_function("customers_without_activity", label="Customers without activity")
def customers_without_activity(days: int = 30) -> QuerySet[Customer]:
    """Customers who have done nothing for so many days, or never did anything."""
    since = timezone.now() - dt.timedelta(days=days)
    recent = Activity.objects.filter(customer=OuterRef("pk"), occurred_at__gte=since)
    return Customer.objects.filter(~Exists(recent))


@segment_function("newest_customers", label="Newest customers")
def newest_customers(days: int = 7) -> QuerySet[Customer]:
    """Customers who were created within the last so many days."""
    since = timezone.now() - dt.timedelta(days=days)
    return Customer.objects.filter(created_date__gte=since)
