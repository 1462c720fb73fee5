"""The baseline of the API: bare Django views with one INSERT per request.

Its own settings, no middleware, no key, no check of anything: what a request costs that
does nothing but store. Run by gunicorn as `bench.events_app:app`.
"""

import json
import os
from urllib.parse import unquote, urlsplit

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import JsonResponse
from django.urls import path

_url = urlsplit(os.environ["DATABASE_URL"])
settings.configure(
    SECRET_KEY="for measuring only",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=[],
    USE_TZ=True,
    LOGGING_CONFIG=None,
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": unquote(_url.netloc.rpartition("@")[2].partition(":")[0]),
            "PORT": _url.port or "",
            "USER": unquote(_url.username or ""),
            "PASSWORD": unquote(_url.password or ""),
            "NAME": _url.path[1:],
            "CONN_MAX_AGE": None,
        }
    },
)
django.setup()

# "own": into the product's own table with all its indexes, else into a plain one.
OWN = os.environ.get("BENCH_TABLE") == "own"
_INTO = "bench_events (customer_id, name, ts, props)"
_MORE = ""
if OWN:
    _INTO = (
        "activities (customer_id, name, occurred_at, properties, external_id, identity)"
    )
    _MORE = ", '', gen_random_uuid()"
_ONE = f"INSERT INTO {_INTO} VALUES (%s, %s, now(), %s{_MORE})"
_MANY = (
    f"INSERT INTO {_INTO}"
    f" SELECT customer_id, name, now(), properties{_MORE}"
    " FROM jsonb_to_recordset(%s::jsonb) AS"
    " given (customer_id bigint, name text, properties jsonb)"
)


def one(request):
    row = json.loads(request.body)
    values = (row["customer_id"], row["name"], json.dumps(row["properties"]))
    with connection.cursor() as cursor:
        cursor.execute(_ONE, values)
    return _answer({"ok": True}, 201)


def many(request):
    rows = json.loads(request.body)["items"]
    with connection.cursor() as cursor:
        cursor.execute(_MANY, (json.dumps(rows),))
    return _answer({"ok": len(rows)}, 200)


def _answer(data, status):
    response = JsonResponse(data, status=status)
    # Middleware would add it; without it the answer comes in chunks.
    response["Content-Length"] = len(response.content)
    return response


urlpatterns = [
    path("api/v1/activities/", one),
    path("api/v1/activities/batch/", many),
]
app = get_wsgi_application()
