"""A worker that counts what a cap counts without locking anything, for a control."""

import os
import time
from datetime import timedelta

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketing_os.settings")
    django.setup()
    from django.utils import timezone

    from messaging.models import Delivery
    from messaging.services import caps, send_due

    caps._lock_guards = lambda *_: time.sleep(0.02)
    while Delivery.objects.filter(state__in=Delivery.WAITING).exists():
        send_due(limit=1000, until=timezone.now() + timedelta(seconds=20))
