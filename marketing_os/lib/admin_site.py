from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib.admin import ModelAdmin as DjangoModelAdmin
from django.contrib.admin import site
from django.core.paginator import Paginator
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver
from django.utils.module_loading import import_string
from unfold.admin import ModelAdmin as UnfoldModelAdmin
from unfold.sites import UnfoldAdminSite

from marketing_os.lib.registry import registry

_LONGEST_SEARCH = 100


class AdminSite(UnfoldAdminSite):  # type: ignore[misc]
    """The back office."""

    index_title = "Home"
    enable_nav_sidebar = True

    def register(
        self,
        model_or_iterable: type[Model] | Iterable[type[Model]],
        admin_class: "type[DjangoModelAdmin[Any]] | None" = None,
        **options: Any,
    ) -> None:
        """Take only pages built on our base.

        Libraries register theirs by themselves; what of them belongs to the product
        is registered again, in our look and with our rules.
        """
        if admin_class is not None and issubclass(admin_class, UnfoldModelAdmin):
            super().register(model_or_iterable, admin_class, **options)

    def get_urls(self) -> list[Any]:
        pages = [page for make in registry.admin_pages for page in make()]
        # Django's way to the page of an object tells anybody whether it is there.
        own = super().get_urls()
        return [*pages, *(one for one in own if _name_of(one) != "view_on_site")]

    def search(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Answer the search of the whole back office.

        Nothing is kept between two searches: what a person may see can change.
        """
        text = request.GET.get("s", "").replace("\0", "").strip()[:_LONGEST_SEARCH]
        if not text:
            return HttpResponse()
        find = import_string(settings.SEARCH_EVERYTHING)
        page = Paginator(find(request, text), 100).get_page(1)
        context = {"page_obj": page.paginator, "results": page, "page_counter": 0}
        return TemplateResponse(request, "admin/search_results.html", context)


def site_page(
    request: HttpRequest, template: str, context: dict[str, Any]
) -> TemplateResponse:
    """Render a page, whose context has its `title`, inside the frame of the back office."""
    request.current_app = site.name  # type: ignore[attr-defined]
    return TemplateResponse(
        request, template, {**site.each_context(request), **context}
    )


def _name_of(route: URLPattern | URLResolver) -> str | None:
    return route.name if isinstance(route, URLPattern) else None
