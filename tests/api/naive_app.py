"""The product's web server with a view of activities that takes no heed of repeats."""

import json

from django.core.wsgi import get_wsgi_application
from django.http import JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

application = get_wsgi_application()

from funnel.models import Activity  # noqa: E402 - the models need a ready Django
from marketing_os import urls  # noqa: E402


@csrf_exempt
def store(request):
    try:
        row = json.loads(request.body)
        made = Activity.objects.create(
            customer_id=row["customer_id"],
            name=row["name"],
            occurred_at=row["occurred_at"],
            properties=row["properties"],
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        return JsonResponse({}, status=400)
    return JsonResponse({"id": made.pk}, status=201)


urls.urlpatterns.insert(0, path("api/v1/activities/", store))
