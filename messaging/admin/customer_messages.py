from django.contrib import admin
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from django.utils.translation import gettext as _

from customers.models import Customer
from marketing_os.lib.admin_site import site_page
from marketing_os.lib.registry import registry
from messaging.admin.links import require_permission
from messaging.customer_page import message_rows, reach_context
from messaging.models import Delivery

_ROWS = 50


def customer_urls() -> list[URLPattern]:
    """Return the address of the page of all that was meant for one customer."""
    wrap = admin.site.admin_view
    return [
        path(
            "customers/customer/<int:pk>/messages/",
            wrap(messages_view),
            name="messaging_customer_messages",
        )
    ]


def messages_view(request: HttpRequest, pk: int) -> HttpResponse:
    require_permission(request, "messaging.view_delivery")
    require_permission(request, "customers.view_customer")
    # What is no number of ours is nobody's.
    customer = get_object_or_404(Customer, pk=min(pk, 2**63 - 1))
    found = Delivery.objects.filter(customer=customer).order_by("-id")
    pages = Paginator(found.select_related("dispatch__template"), _ROWS)
    page = pages.get_page(request.GET.get("p"))
    context = {
        "title": _("Messages to %(name)s") % {"name": customer},
        "page": page,
        "rows": message_rows(list(page.object_list)),
        **reach_context(customer),
    }
    return site_page(request, "messaging/customer_messages.html", context)


registry.admin_pages.append(customer_urls)
