import datetime as dt
from collections.abc import Iterator

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from customers.models import Customer
from funnel.models import Activity
from segments.classification import classified_as
from segments.functions import segment_function
from segments.models import Standing


@segment_function("customers_without_activity", label="Customers without activity")
def customers_without_activity(
    days: int = 30, attribute: str | None = None
) -> QuerySet[Customer]:
    """Customers who have done nothing for so many days, or never did anything.

    With the name of an attribute, only those who have it.
    """
    since = timezone.now() - dt.timedelta(days=days)
    recent = Activity.objects.filter(customer=OuterRef("pk"), occurred_at__gte=since)
    return _having(attribute).filter(~Exists(recent))


@segment_function("newest_customers", label="Newest customers")
def newest_customers(days: int = 7, attribute: str | None = None) -> QuerySet[Customer]:
    """Customers who were created within the last so many days.

    With the name of an attribute, only those who have it.
    """
    since = timezone.now() - dt.timedelta(days=days)
    return _having(attribute).filter(created_date__gte=since)


@segment_function("customers_classified_as", label="Customers classified as")
def customers_classified_as(
    classification: Standing = Standing.CHURN_RISK,
) -> Iterator[int]:
    """Customers whom the rules of the classification put there now."""
    return classified_as(classification)


def _having(attribute: str | None) -> QuerySet[Customer]:
    everybody = Customer.objects.all()
    return everybody.filter(attributes__has_key=attribute) if attribute else everybody
