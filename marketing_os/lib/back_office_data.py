"""What the back office itself keeps about customers, and forgets."""

import json
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower

from marketing_os.lib.models import IdempotentResponse
from marketing_os.lib.personal_data import Person, described
from marketing_os.lib.registry import registry

ERASED = json.dumps({"detail": "This customer was erased."})


def describe_person(person: Person) -> dict[str, Any]:
    """List what staff did to a customer, and the API's answers that are still kept."""
    return {
        "changes_by_staff": described(_entries(person), leave_out=["user_id"]),
        "api_answers": described(_answers(person), leave_out=["api_key_id", "key"]),
    }


def forget_person(person: Person) -> None:
    """Take the person's name out of the log of changes and of kept API answers.

    An answer itself stays, so that the same request never does its work again.
    """
    _entries(person).update(object_repr=f"#{person.pk}", change_message="")
    _answers(person).update(body=ERASED)


def _entries(person: Person) -> QuerySet[LogEntry]:
    customers = ContentType.objects.get_for_model(person.customer)
    named = Q()
    for address in person.addresses:
        named |= Q(object_repr__icontains=address)
        named |= Q(change_message__icontains=address)
    own = Q(content_type=customers, object_id=str(person.pk))
    return LogEntry.objects.filter(own | named)


def _answers(person: Person) -> QuerySet[IdempotentResponse]:
    named = Q()
    for mark in person.marks:
        named |= Q(lower_body__contains=json.dumps(mark, ensure_ascii=False))
    found = IdempotentResponse.objects.annotate(lower_body=Lower("body"))
    return found.filter(named) if named else found.none()


registry.exporters["back_office"] = describe_person
registry.erasers["back_office"] = forget_person
