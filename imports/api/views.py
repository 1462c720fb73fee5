import functools
from collections.abc import Mapping
from typing import Any, ClassVar

from django.http import HttpRequest
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from imports.api.publishing import publish
from imports.services import RowResult
from marketing_os.lib.api.views import ReadViewSet
from marketing_os.lib.models import ApiKey


class PublishViewSet(ReadViewSet):
    """The rows of an import `target`: listed, read, and published one or many at once.

    A key needs the `scope` to read or to write. `POST` answers 201 for a row that is new
    and 200 for one that was there.
    """

    target: ClassVar[str]
    scope: ClassVar[str]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.read_scope, cls.write_scope = f"{cls.scope}:read", f"{cls.scope}:write"

    @classmethod
    def as_view(cls, actions: Any = None, **initkwargs: Any) -> Any:
        shown = super().as_view(actions, **initkwargs)
        name = (actions or {}).get("post")
        if name not in ("create", "batch"):
            return shown

        @functools.wraps(shown)
        def view(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if request.method == "POST":
                return publish(request, cls, many=name == "batch")
            return shown(request, *args, **kwargs)

        return view

    def create(self, request: Request) -> Response:
        raise NotImplementedError("Answered by publish().")

    @action(detail=False, methods=["post"], pagination_class=None, filterset_class=None)
    def batch(self, request: Request) -> Response:
        raise NotImplementedError("Answered by publish().")

    @classmethod
    def published(
        cls, result: RowResult, row: Mapping[str, Any], key: ApiKey
    ) -> dict[str, Any]:
        """Return the stored row as it is shown."""
        found = cls.queryset.get(pk=result.id)  # type: ignore[union-attr]
        data: dict[str, Any] = cls.serializer_class(found).data  # type: ignore[misc]
        return data
