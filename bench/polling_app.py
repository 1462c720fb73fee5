"""The product with one more address, whose view does nothing."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import include, path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketing_os.settings")


def nothing(request):
    return HttpResponse(status=304)


app = get_wsgi_application()
urlpatterns = [
    path("bench/nothing", nothing),
    path("", include(settings.ROOT_URLCONF)),
]
settings.ROOT_URLCONF = __name__
