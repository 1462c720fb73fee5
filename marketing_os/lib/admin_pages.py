"""Pages of their own for the objects of a list, beside the form."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from django.utils.functional import Promise

from marketing_os.lib.admin import ModelAdmin
from marketing_os.lib.errors import DomainError

Page = Callable[[Any, HttpRequest, Any], HttpResponseBase]


class PagesAdmin(ModelAdmin):
    """Gives an object pages; lists, saves and who may not edit lead to its first one.

    That is `get_absolute_url`. `gone` is what a page says of an object that is not there
    any more.
    """

    gone: str | Promise

    def page_route(self, address: str, page: Page, name: str) -> URLPattern:
        """Return the route of a page of one object; `name` follows the model's."""
        view = self.admin_site.admin_view(self.page_of(page))
        options = self.model._meta
        full_name = f"{options.app_label}_{options.model_name}_{name}"
        route: URLPattern = path(f"<int:pk>/{address}", view, name=full_name)
        return route

    def page_of(self, page: Page) -> Callable[..., HttpResponseBase]:
        """Let a page be opened only for an object that is there and may be seen."""

        def view(request: HttpRequest, pk: int) -> HttpResponseBase:
            if not self.has_view_or_change_permission(request):
                raise PermissionDenied
            found = self.get_queryset(request).filter(pk=pk).first()
            if found is None:
                raise Http404(self.gone)
            return page(self, request, found)

        return view

    def row_url(self, row: Any) -> str:
        return str(row.get_absolute_url())

    def editor_context(self, request: HttpRequest, form: Any) -> dict[str, Any]:
        """Return what the form's template draws beside the fields."""
        return {}

    def insist_on_unused(self, obj: Any) -> None:
        """Raise DomainError with what stands in the way of deleting an object."""

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        form = super().get_form(request, *args, **kwargs)
        form.author = request.user
        return form

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        context.update(self.editor_context(request, context["adminform"].form))
        return super().render_change_form(request, context, *args, **kwargs)  # type: ignore[no-any-return]

    def response_post_save_add(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return HttpResponseRedirect(obj.get_absolute_url())

    def response_post_save_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return HttpResponseRedirect(obj.get_absolute_url())

    def delete_view(
        self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        found = self.get_object(request, object_id)
        if found is not None and self.has_delete_permission(request, found):
            try:
                self.insist_on_unused(found)
            except DomainError as error:
                messages.error(request, str(error))
                return HttpResponseRedirect(found.get_absolute_url())
        return super().delete_view(request, object_id, *args, **kwargs)  # type: ignore[no-any-return]

    def change_view(
        self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        found = self.get_object(request, object_id)
        if found is not None and not self.has_change_permission(request, found):
            if request.method == "POST" or not self.has_view_permission(request, found):
                raise PermissionDenied
            return HttpResponseRedirect(found.get_absolute_url())
        return super().change_view(request, object_id, *args, **kwargs)  # type: ignore[no-any-return]
