"""What the portal keeps of a person, and how it forgets it."""

from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Lower

from marketing_os.lib.personal_data import Person, described
from marketing_os.lib.registry import registry
from portal.models import VisitorMessage


def describe_person(person: Person) -> dict[str, Any]:
    """List what somebody wrote on the public page, or was written under their address."""
    return {"visitor_messages": described(_messages_of(person))}


def forget_person(person: Person) -> None:
    """Delete their messages."""
    _messages_of(person).delete()


def _messages_of(person: Person) -> "QuerySet[VisitorMessage]":
    same = VisitorMessage.objects.alias(address=Lower("email"))
    return same.filter(Q(customer_id=person.pk) | Q(address__in=person.addresses))


registry.exporters["portal"] = describe_person
registry.erasers["portal"] = forget_person
