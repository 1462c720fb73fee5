from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from marketing_os import health
from marketing_os.dashboard.checklist import dismiss_checklist


@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """Say that the web server answers."""
    return JsonResponse({"status": "ok"})


@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Say whether the parts that the product needs are up."""
    found = health.check()
    return JsonResponse(found.as_json(), status=200 if found.is_good else 503)


@require_POST
def hide_checklist(request: HttpRequest) -> HttpResponse:
    dismiss_checklist(request.user)
    return redirect("admin:index")
