"""The product's addresses, and pages that forget to escape."""

from django.http import HttpResponse
from django.urls import path

from marketing_os.urls import handler404, handler500
from marketing_os.urls import urlpatterns as of_the_product
from tests.security.payloads import PAYLOADS

__all__ = ["handler404", "handler500", "urlpatterns"]
_PAGE = """<!doctype html><title>{0}</title>
<script>window.said = "{0}"; window.said = '{0}';</script>
<script src="/static/unfold/js/alpine/alpine.js" defer></script>
<a href="{0}" title='{0}'>More</a><p id="text">{0}</p><div id="again"></div>
<script>const again = document.getElementById("again");
again.innerHTML = window.said || document.getElementById("text").textContent;
again.innerHTML = again.textContent;</script>"""
_MARKUP = """<!doctype html><title>{0}</title>
<a href="{0}" title='{0}'>More</a><p>{0}</p>"""
_LAX = "default-src * data: 'unsafe-inline' 'unsafe-eval'"


def careless(request, number):
    """Show an attack as it is, in a page that may run whatever it likes."""
    response = HttpResponse(_PAGE.format(PAYLOADS[number]))
    response["Content-Security-Policy"] = _LAX
    return response


def careless_but_guarded(request, number):
    """Show an attack as it is, in a page with our policy."""
    return HttpResponse(_MARKUP.format(PAYLOADS[number]))


urlpatterns = [
    path("careless/<int:number>/", careless),
    path("guarded/<int:number>/", careless_but_guarded),
    *of_the_product,
]
