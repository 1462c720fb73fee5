"""One worker process, as the product runs it, that waits until it may begin.

`python -m bench.worker`: waits for a line, sends all that is due, tells its memory.
"""

import os
import sys
from datetime import timedelta

import django

from bench.memory import peak_megabytes

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketing_os.settings")
    django.setup()
    from django.db import connection
    from django.utils import timezone

    from messaging.services import send_due

    connection.ensure_connection()
    print("ready", flush=True)
    sys.stdin.readline()
    # The broker's task goes on in pieces like this one.
    while send_due(limit=10_000, until=timezone.now() + timedelta(seconds=20)):
        pass
    print(peak_megabytes())
