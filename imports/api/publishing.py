from typing import Any, ClassVar

from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from imports.services import RowResult, ingest_rows
from marketing_os.lib.models import ApiKey


class PublishMixin:
    """`POST` one row to an import target: the rules are those of a file.

    A view names its `target` and its `input_serializer_class`; it answers 201 for a
    row that is new and 200 for one that was there.
    """

    target: ClassVar[str]
    input_serializer_class: ClassVar[type[BaseSerializer[Any]]]

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        serializer = self.input_serializer_class(data=request.data)
        serializer.is_valid(raise_exception=True)
        is_test = isinstance(request.auth, ApiKey) and request.auth.is_test
        result = ingest_rows(
            self.target, [serializer.validated_data], source="api", check_only=is_test
        )[0]
        if result.errors:
            raise ValidationError(_by_field(result.errors))
        if is_test:
            return Response({"valid": True, "stored": False})
        found = self.find_published(result, serializer.validated_data)
        body = self.get_serializer(found).data  # type: ignore[attr-defined]
        return Response(body, status=201 if result.status == "created" else 200)

    def find_published(self, result: RowResult, row: dict[str, Any]) -> Any:
        """Return the stored row to answer with."""
        return self.get_queryset().get(pk=result.id)  # type: ignore[attr-defined]


def _by_field(errors: list[tuple[str, str]]) -> dict[str, list[str]]:
    problems: dict[str, list[str]] = {}
    for field, sentence in errors:
        problems.setdefault(field or "non_field_errors", []).append(sentence)
    return problems
