"""The pages that show what an object was before: to read, never to write."""

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Field
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from simple_history.admin import SimpleHistoryAdmin


class HistoryAdmin(SimpleHistoryAdmin):  # type: ignore[misc]
    """Shows the earlier states of an object to whoever may see the object.

    The library's page of one state saves what is posted to it, even where the setting
    hides its button and for people who may only look; here it takes no form.
    """

    def history_view(
        self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        self.insist_on_some_permission(request)
        _insist_on_number(self.model._meta.pk, object_id)
        return super().history_view(request, object_id, *args, **kwargs)  # type: ignore[no-any-return]

    def history_form_view(
        self,
        request: HttpRequest,
        object_id: str,
        version_id: str,
        *args: Any,
        **kwargs: Any,
    ) -> HttpResponse:
        self.insist_on_some_permission(request)
        if request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        for number in (object_id, version_id):
            _insist_on_number(self.model._meta.pk, number)
        return super().history_form_view(  # type: ignore[no-any-return]
            request, object_id, version_id, *args, **kwargs
        )


def _insist_on_number(field: "Field[Any, Any]", text: str) -> None:
    try:
        field.to_python(text)
    except ValidationError:
        raise Http404(_("There is nothing of this number.")) from None
