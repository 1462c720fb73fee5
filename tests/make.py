"""Rows for tests: each function makes one, with defaults that the test may override."""

import itertools
from typing import Any

from django.contrib.auth.models import User

from customers.models import Customer

_numbers = itertools.count(1)


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
