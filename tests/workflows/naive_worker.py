"""What a worker must not be like: each write is a transaction of its own."""

import time

import django

# How long it is between an effect and its note, for a kill to come in between.
BETWEEN = 0.2

if __name__ == "__main__":
    django.setup()
    from automations.models import Enrolment
    from customers.models import CreditEntry

    for way in Enrolment.objects.filter(state="active").order_by("id"):
        CreditEntry.objects.create(customer=way.customer, amount=1, reason="naive")
        time.sleep(BETWEEN)
        Enrolment.objects.filter(pk=way.pk).update(state="completed")
