"""One worker process, as the product runs it, that waits until it may begin.

`python -m bench.worker`: waits for a line, sends all that is due, tells its memory.
"""

import os
import sys
import time
from datetime import timedelta

import django

from bench.memory import peak_megabytes

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketing_os.settings")
    django.setup()
    from django.db import connection
    from django.utils import timezone

    from messaging.models import Delivery
    from messaging.services import send_due

    connection.ensure_connection()
    print("ready", flush=True)
    sys.stdin.readline()
    open_ones = Delivery.objects.filter(state__in=("pending", "claimed"))
    while open_ones.exists():
        # The broker's task goes on in pieces like this one, and comes again after a
        # pause that the provider asked for.
        if not send_due(limit=10_000, until=timezone.now() + timedelta(seconds=20)):
            time.sleep(0.2)
    print(peak_megabytes())
