"""The admin's pages about a million customers beside the same pages about 10,000.

Each page is fetched through the whole of Django, in this process; what is compared is the
median of several, taken in turn with the database warm. The bar is 3.
"""

import os
import statistics
import time

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test import Client, override_settings
from django.urls import reverse

from bench import crowd
from bench.figures import at_most, figure
from messaging.models import MessageTemplate

SMALL = 10_000
LARGE = int(os.environ.get("BENCH_CUSTOMERS", "1000000"))
TIMES = 9
LIST = "admin:customers_customer_changelist"
# {count} is replaced, so that both sizes look for somebody who is there.
PAGES = {
    "customer list": "",
    "customer list, page 20": "?p=20",
    "customer list by name": "?o=1",
    "search by e-mail": "?q=person{nearly}%40mail",
    "search by lead ID": "?q=LEAD-{nearly}",
    "search by name": "?q=noor+family77",
    "search for a common first name": "?q=ada",
    "filter: rare tag": "?tag=rare",
    "filter: declined": "?consent=no",
    "filter: no e-mail": "?has_email=no",
    "filter: lost in the funnel": "?stage=sales%3ALost",
}
OTHER_LISTS = {
    "funnel events": "funnel_funnelevent",
    "activities": "funnel_activity",
    "deliveries": "messaging_delivery",
    "consents": "customers_consent",
    "suppressed addresses": "messaging_suppression",
}


def run():
    plain = "django.contrib.staticfiles.storage.StaticFilesStorage"
    storages = settings.STORAGES | {"staticfiles": {"BACKEND": plain}}
    with override_settings(STORAGES=storages, ALLOWED_HOSTS=["testserver"]):
        small = _measured(SMALL)
        large = _measured(LARGE)
    verdicts = [
        figure(f"admin: {name}", large[name], small[name], "ms", at_most(3))
        for name in large
    ]
    return all(verdicts)


def _measured(count):
    call_command("flush", verbosity=0, interactive=False)
    MessageTemplate.objects.create(name="Benchmark", subject="Hello", message="Hello")
    crowd.fill(count)
    client = Client()
    client.force_login(User.objects.create_superuser("bench"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(id) + %s FROM customers", [count // 2])
        [middle] = cursor.fetchone()
    return {name: _median(client, url) for name, url in _urls(count, middle).items()}


def _urls(count, middle):
    listed = {
        name: reverse(LIST) + query.format(nearly=count - 3)
        for name, query in PAGES.items()
    }
    others = {
        f"list of {name}": reverse(f"admin:{model}_changelist")
        for name, model in OTHER_LISTS.items()
    }
    page = reverse("admin:customers_customer_change", args=(middle,))
    return listed | others | {"page of a customer": page}


def _median(client, url):
    """Milliseconds that a page takes, in the middle of some tries after a first."""
    assert client.get(url).status_code == 200, url
    taken = []
    for _ in range(TIMES):
        began = time.perf_counter()
        client.get(url)
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)
