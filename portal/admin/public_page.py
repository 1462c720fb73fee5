"""The page on which staff write what the public page says."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext as _

from marketing_os.lib.admin_changes import changes_context
from marketing_os.lib.admin_site import site_page
from marketing_os.lib.errors import DomainError
from marketing_os.lib.registry import registry
from portal.forms import PublicPageForm
from portal.models import PublicPage
from portal.services import save_public_page
from portal.texts import EXAMPLE, example_texts

VIEW, CHANGE = "portal.view_publicpage", "portal.change_publicpage"
_LABELS = {name: field.label for name, field in PublicPageForm.base_fields.items()}


def public_page_urls() -> list[URLPattern]:
    """Return the addresses of the page that is about the public page."""
    wrap = admin.site.admin_view
    return [
        path("portal/publicpage/", wrap(edit_view), name="portal_publicpage"),
        path(
            "portal/publicpage/history/",
            wrap(history_view),
            name="portal_publicpage_history",
        ),
    ]


def edit_view(request: HttpRequest) -> HttpResponse:
    """Edit the texts; `preview` shows them filled in, without saving."""
    may_change = request.user.has_perm(CHANGE)
    if not may_change and not request.user.has_perm(VIEW):
        raise PermissionDenied
    is_post = request.method == "POST"
    if is_post and not may_change:
        raise PermissionDenied
    form = PublicPageForm(
        request.POST if is_post else None, instance=PublicPage.current()
    )
    if is_post and form.is_valid() and "preview" not in request.POST:
        save_public_page(form.instance)
        messages.success(request, _("Saved. The public page says it from now on."))
        return redirect("admin:portal_publicpage")
    context = {
        "form": form,
        "preview": _preview(form),
        "may_change": may_change,
        "a_value": "{{ member_first_name }}",
        "a_choice": "{% if purchases > 3 %} … {% endif %}",
        "variables": sorted({*EXAMPLE, "member_first_name", "member_last_name"}),
    }
    return _page(request, _("Public page"), "public_page.html", context)


def history_view(request: HttpRequest) -> HttpResponse:
    if not (request.user.has_perm(VIEW) or request.user.has_perm(CHANGE)):
        raise PermissionDenied
    states = PublicPage.history.all()  # type: ignore[attr-defined]
    context = changes_context(request, states, _LABELS, _texts)
    title = _("Changes of the public page")
    return _page(request, title, "public_page_history.html", context)


def _preview(form: PublicPageForm) -> list[tuple[str, str]] | None:
    """Fill in what the form holds; None while a text cannot be read."""
    if form.is_bound and not form.is_valid():
        return None
    try:
        return example_texts(form.instance)
    except DomainError:
        return None


def _texts(state: Any) -> dict[str, str]:
    texts = {name: str(getattr(state, name)) for name in _LABELS if name in _WRITTEN}
    texts["makes_task"] = _("yes") if state.makes_task else _("no")
    texts["link_template"] = str(state.link_template_id or "")
    return texts


_WRITTEN = frozenset(_LABELS) - {"makes_task", "link_template"}


def _page(
    request: HttpRequest, title: str, template: str, context: dict[str, Any]
) -> HttpResponse:
    return site_page(request, f"admin/portal/{template}", {"title": title, **context})


registry.admin_pages.append(public_page_urls)
