"""Addresses that nothing is sent to."""

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from messaging.models import Suppression


def suppress(
    email: str,
    reason: str,
    *,
    detail: str = "",
    by: User | None = None,
) -> Suppression:
    """Send nothing to an address from now on; the first reason for it stays."""
    email = email.strip()
    try:
        with transaction.atomic():
            return Suppression.objects.create(
                email=email, reason=reason, detail=detail, created_by=by
            )
    except IntegrityError:
        return Suppression.objects.get(email__iexact=email)


def lift_suppression(suppression: Suppression) -> None:
    """Let mail go to an address again."""
    suppression.delete()
