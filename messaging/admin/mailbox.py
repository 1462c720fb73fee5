from dataclasses import replace

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _

from marketing_os.lib.admin_site import site_page
from marketing_os.lib.registry import registry
from messaging import mailbox
from messaging.admin.links import SENSITIVE_MAIL, may_read_all_mail, may_read_mail
from messaging.channels import chosen_channel
from messaging.frames import framed_mail
from messaging.selectors import made_of_sensitive

PAGE_SIZE = 50
LAST_PAGE = 10_000


def mailbox_urls() -> list[URLPattern]:
    """Return the addresses of the local mailbox in the admin."""
    wrap = admin.site.admin_view
    return [
        path("mailbox/", wrap(mailbox_view), name="messaging_mailbox"),
        path("mailbox/<str:name>/", wrap(mail_view), name="messaging_mailbox_mail"),
        path(
            "mailbox/<str:name>/html/",
            wrap(html_view),
            name="messaging_mailbox_html",
        ),
    ]


def mailbox_view(request: HttpRequest) -> HttpResponse:
    _require_view(request)
    search = request.GET.get("q", "")[:200]
    page = _page_number(request)
    sees_all = may_read_all_mail(request)
    mails, has_more = mailbox.page_of_mails(
        search, (page - 1) * PAGE_SIZE, PAGE_SIZE, in_subjects=sees_all
    )
    context = {
        "title": _("Mailbox"),
        "mails": mails if sees_all else _without_sensitive_subjects(mails),
        "sees_all": sees_all,
        "search": search,
        "page": page,
        "previous": page - 1,
        "next": page + 1 if has_more else None,
        "is_used": chosen_channel() == "mailbox",
    }
    return site_page(request, "messaging/mailbox.html", context)


def _without_sensitive_subjects(
    mails: list[mailbox.KeptMail],
) -> list[mailbox.KeptMail]:
    hidden = made_of_sensitive(int(m.name) for m in mails if m.name.isdecimal())
    subject = _("Hidden: it may hold sensitive attributes")
    return [
        replace(mail, subject=subject)
        if mail.name.isdecimal() and int(mail.name) in hidden
        else mail
        for mail in mails
    ]


def mail_view(request: HttpRequest, name: str) -> HttpResponse:
    _require_view(request)
    message = mailbox.open_mail(name)
    if message is None:
        raise Http404
    if name.isdecimal() and not may_read_mail(request, int(name)):
        raise PermissionDenied(SENSITIVE_MAIL)
    context = {
        "title": str(message["Subject"] or _("No subject")),
        "name": name,
        "delivery_id": int(name) if name.isdecimal() else None,
        "subject": str(message["Subject"] or ""),
        "headers": [(key, str(value)) for key, value in message.items()],
        "text": mailbox.part_of(message, "plain"),
        "has_html": bool(message.get_body(("html",))),
    }
    return site_page(request, "messaging/mailbox_mail.html", context)


def html_view(request: HttpRequest, name: str) -> HttpResponse:
    _require_view(request)
    message = mailbox.open_mail(name)
    if message is None:
        raise Http404
    if name.isdecimal() and not may_read_mail(request, int(name)):
        raise PermissionDenied(SENSITIVE_MAIL)
    return framed_mail(mailbox.part_of(message, "html"), opens_links=True)


def _require_view(request: HttpRequest) -> None:
    if not request.user.has_perm("messaging.view_delivery"):
        raise PermissionDenied


def _page_number(request: HttpRequest) -> int:
    asked = request.GET.get("page", "1")
    if not asked.isdecimal() or len(asked) > 6:
        return 1
    return min(max(int(asked), 1), LAST_PAGE)


registry.admin_pages.append(mailbox_urls)
