"""Rows for tests: each function makes one, with defaults that the test may override."""

import itertools
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Permission, User
from django.utils import timezone

from automations.models import Automation
from customers.models import AttributeDefinition, Customer
from funnel.models import Activity, Booking, FunnelEvent, Group, Session
from messaging.models import MessageTemplate, MessageTemplateVersion
from segments.models import Segment, SegmentMember

_numbers = itertools.count(1)


def next_number() -> int:
    """A number that no other row of the test run was made with."""
    return next(_numbers)


def user(**overrides: Any) -> User:
    number = next(_numbers)
    values: dict[str, Any] = {
        "username": f"staff-{number}",
        "email": f"staff-{number}@example.org",
        "password": "a long password",
        "is_staff": True,
    } | overrides
    return User.objects.create_user(**values)


def administrator(**overrides: Any) -> User:
    return user(is_superuser=True, **overrides)


def customer(**overrides: Any) -> Customer:
    number = next(_numbers)
    values: dict[str, Any] = {
        "lms_lead_id": f"lead-{number}",
        "first_name": "Ada",
        "last_name": f"Number {number}",
        "email": f"lead-{number}@example.org",
    } | overrides
    return Customer.objects.create(**values)


def customers(count: int) -> list[Customer]:
    """Many customers at once, each with an address of their own."""
    return Customer.objects.bulk_create(
        Customer(first_name=f"Number {number}", email=f"c{number}@example.org")
        for number in itertools.islice(_numbers, count)
    )


def segment(*members: Customer, **overrides: Any) -> Segment:
    """A manual segment of these customers, unless the test says otherwise."""
    values = {"name": f"Segment {next(_numbers)}"} | overrides
    made = Segment.objects.create(**values)
    SegmentMember.objects.bulk_create(
        SegmentMember(segment=made, customer=member) for member in members
    )
    return made


def template(**overrides: Any) -> MessageTemplate:
    """An e-mail template with a version that can be sent."""
    values: dict[str, Any] = {
        "name": f"Template {next(_numbers)}",
        "type": "email",
        "templating_type": "html",
        "subject": "News for {{ customer['first_name'] }}",
        "message": "<p>Hello {{ customer['first_name'] }}</p>",
    } | overrides
    made = MessageTemplate.objects.create(**values)
    made.current_version = MessageTemplateVersion.objects.create(
        template=made,
        number=1,
        type=made.type,
        purpose=made.purpose,
        subject=made.subject,
        html=made.message,
        text="Hello {{ customer['first_name'] }}",
        compiler_version="test",
    )
    made.save()
    return made


def automation(**overrides: Any) -> Automation:
    """A daily automation that is off; switch it on with the service."""
    values: dict[str, Any] = {
        "name": f"Automation {next(_numbers)}",
        "cron": "0 9 * * *",
        "timezone": "UTC",
        "policy": "every_run",
    } | overrides
    if "segment" not in values:
        values["segment"] = segment()
    if "template" not in values:
        values["template"] = template()
    return Automation.objects.create(**values)


def attribute(name: str, field_type: str = "string", **overrides: Any):
    return AttributeDefinition.objects.create(
        name=name, field_type=field_type, **overrides
    )


def funnel_event(who: Customer, to_stage: str = "Contacted", **overrides: Any):
    values: dict[str, Any] = {
        "funnel_type": "sales",
        "from_stage": "Enquiry",
        "to_stage": to_stage,
    } | overrides
    return FunnelEvent.objects.create(customer=who, **values)


def activity(who: Customer, name: str = "login", **overrides: Any):
    values: dict[str, Any] = {"occurred_at": timezone.now()} | overrides
    return Activity.objects.create(customer=who, name=name, **values)


def group(**overrides: Any) -> Group:
    values: dict[str, Any] = {"name": f"Circle {next(_numbers)}"} | overrides
    return Group.objects.create(**values)


def session(**overrides: Any) -> Session:
    """A session that began two hours ago, of a group of its own."""
    values: dict[str, Any] = {
        "starts_at": timezone.now() - timedelta(hours=2)
    } | overrides
    if "group" not in values:
        values["group"] = group()
    return Session.objects.create(**values)


def booking(who: Customer, **overrides: Any) -> Booking:
    values: dict[str, Any] = dict(overrides)
    if "session" not in values:
        values["session"] = session()
    return Booking.objects.create(customer=who, **values)


def grant(who: User, *permissions: str) -> User:
    """Give permissions written as "app.codename" and return the user afresh."""
    for permission in permissions:
        app, codename = permission.split(".")
        who.user_permissions.add(
            Permission.objects.get(content_type__app_label=app, codename=codename)
        )
    return User.objects.get(pk=who.pk)
