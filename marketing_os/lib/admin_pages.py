"""Pages of their own for the objects of a list, beside the form."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils.functional import Promise

from marketing_os.lib.admin import ModelAdmin

Page = Callable[[Any, HttpRequest, Any], HttpResponse]


class PagesAdmin(ModelAdmin):
    """Gives an object pages; its first, `get_absolute_url`, is for who may not edit.

    `gone` is what a page says of an object that is not there any more.
    """

    gone: str | Promise

    def page_route(self, address: str, page: Page, name: str) -> URLPattern:
        """Return the route of a page of one object; `name` follows the model's."""
        view = self.admin_site.admin_view(self.page_of(page))
        options = self.model._meta
        full_name = f"{options.app_label}_{options.model_name}_{name}"
        route: URLPattern = path(f"<int:pk>/{address}", view, name=full_name)
        return route

    def page_of(self, page: Page) -> Callable[..., HttpResponse]:
        """Let a page be opened only for an object that is there and may be seen."""

        def view(request: HttpRequest, pk: int) -> HttpResponse:
            if not self.has_view_or_change_permission(request):
                raise PermissionDenied
            found = self.get_queryset(request).filter(pk=pk).first()
            if found is None:
                raise Http404(self.gone)
            return page(self, request, found)

        return view

    def change_view(
        self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        found = self.get_object(request, object_id)
        if found is not None and not self.has_change_permission(request, found):
            if not self.has_view_permission(request, found):
                raise PermissionDenied
            return HttpResponseRedirect(found.get_absolute_url())
        return super().change_view(request, object_id, *args, **kwargs)  # type: ignore[no-any-return]
