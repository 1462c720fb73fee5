"""Which member of staff a task about a customer is given to."""

from collections.abc import Sequence
from heapq import heapify, heapreplace

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce

from automations.models import StaffTask
from customers.models import Customer
from marketing_os.lib.locks import Lock, hold


def active_staff() -> QuerySet[User]:
    """Those who can be given a task."""
    return User.objects.filter(is_staff=True, is_active=True)


def trainers_of(customer_ids: Sequence[int]) -> dict[int, int]:
    """Find for each customer the trainer whom an attribute names.

    It holds the user name or the e-mail address of a member of staff.
    """
    named = {
        pk: name.strip().lower()
        for pk, name in Customer.objects.filter(pk__in=customer_ids).values_list(
            "pk", KeyTextTransform(settings.PRIMARY_TRAINER_ATTRIBUTE, "attributes")
        )
        if name
    }
    staff: dict[str, int] = {}
    for user in active_staff().order_by("-pk"):
        staff |= dict.fromkeys(
            {user.username.lower(), user.email.lower()} - {""}, user.pk
        )
    return {pk: staff[name] for pk, name in named.items() if name in staff}


def by_load(customer_ids: Sequence[int]) -> dict[int, int]:
    """Give each customer to whoever of the staff has the fewest open tasks by then.

    Call it in the transaction that makes the tasks: others wait for its end, for they
    must count these.
    """
    hold(Lock.TASKS_BY_LOAD)
    # One look at an index for each person, however many tasks were ever done.
    open_tasks = (
        StaffTask.objects.open()
        .filter(assignee=OuterRef("pk"))
        .order_by()
        .values("assignee")
        .values(load=Count("pk"))
    )
    loads = list(
        active_staff()
        .annotate(load=Coalesce(Subquery(open_tasks), 0))
        .order_by("load", "pk")
        .values_list("load", "pk")
    )
    if not loads:
        return {}
    heapify(loads)
    given = {}
    for customer_id in customer_ids:
        load, user_id = loads[0]
        given[customer_id] = user_id
        heapreplace(loads, (load + 1, user_id))
    return given
