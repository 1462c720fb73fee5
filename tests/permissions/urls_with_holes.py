"""The addresses of the product, with a new page and one that lost its lock."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from marketing_os.urls import handler404, handler500
from marketing_os.urls import urlpatterns as ours

__all__ = ["handler404", "handler500", "urlpatterns"]


def for_everybody(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


urlpatterns = [
    path("admin/mailbox/", for_everybody),
    path("new-page/", for_everybody),
    *ours,
]
