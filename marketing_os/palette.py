"""What the search of the whole back office (Ctrl + K) finds beside its pages."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch
from django.utils.translation import gettext as _

from automations.models import Automation
from customers.models import Customer
from marketing_os.navigation import pages_for
from messaging.models import MessageTemplate
from segments.models import Segment

_MOST = 6


@dataclass(frozen=True)
class Found:
    """One line of the result: where it leads and what it says."""

    title: str
    description: str
    link: str
    icon: str


def search(request: HttpRequest, text: str) -> list[Found]:
    """Find pages, customers and what staff made; only what the person may see."""
    return [*_pages(request, text), *_things(request, text)]


def _pages(request: HttpRequest, text: str) -> Iterator[Found]:
    for group, pages in pages_for(request):
        for page in pages:
            if text.lower() in str(page.title).lower():
                yield Found(str(page.title), str(group), str(page.url), page.icon)


def _things(request: HttpRequest, text: str) -> Iterator[Found]:
    named: list[tuple[str, str, QuerySet[Any], str]] = [
        ("customers.view_customer", _("Customer"), _customers(text), "person"),
        (
            "segments.view_segment",
            _("Segment"),
            Segment.objects.filter(name__icontains=text),
            "donut_small",
        ),
        (
            "messaging.view_messagetemplate",
            _("Message template"),
            MessageTemplate.objects.filter(name__icontains=text),
            "draft",
        ),
        (
            "automations.view_automation",
            _("Automation"),
            Automation.objects.filter(name__icontains=text),
            "schedule_send",
        ),
    ]
    for permission, kind, queryset, icon in named:
        if request.user.has_perm(permission):
            for row in queryset[:_MOST]:
                if link := _link(row):
                    yield Found(str(row), _detail(row) or kind, link, icon)


def _detail(row: Model) -> str:
    """Tell customers of one name apart."""
    return row.email or row.lms_lead_id or "" if isinstance(row, Customer) else ""


def _customers(text: str) -> QuerySet[Customer]:
    # A word that is only marks would find everybody.
    if not any(char.isalnum() for char in text):
        return Customer.objects.none()
    return Customer.objects.active().search(text).order_by()


def _link(row: Model) -> str:
    try:
        return str(row.get_absolute_url())  # type: ignore[attr-defined]
    except NoReverseMatch:
        return ""
