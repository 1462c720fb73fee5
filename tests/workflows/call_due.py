"""A worker that calls other systems until it is killed."""

import os
import time

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketing_os.settings")
    django.setup()
    from automations.webhooks.sending import send_due_calls

    while True:
        if not send_due_calls():
            time.sleep(0.05)
