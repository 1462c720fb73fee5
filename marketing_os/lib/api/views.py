"""What every view of the API shares that DRF answers."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_view,
)
from rest_framework import mixins, viewsets
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from marketing_os.lib.api.limits import State, rate_headers, take_request
from marketing_os.lib.api.problems import problems
from marketing_os.lib.exporting import (
    FileFormat,
    TooManyRowsError,
    export_response,
    in_chunks,
)
from marketing_os.lib.models import ApiKey

_FORMATS = {"csv": FileFormat.CSV, "xlsx": FileFormat.XLSX}


class ApiViewSet(viewsets.GenericViewSet[Any]):
    """Counts each request against the limits of its key."""

    read_scope: ClassVar[str]
    write_scope: ClassVar[str] = ""
    state: State | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if isinstance(request.auth, ApiKey):
            self.state = take_request(request.auth)

    def finalize_response(
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> Any:
        if self.state is not None:
            for name, value in rate_headers(self.state).items():
                response[name] = value
        return super().finalize_response(request, response, *args, **kwargs)


class ListViewSet(mixins.ListModelMixin, ApiViewSet):
    """A list with filters, in pages by cursor; whole as CSV or workbook when asked."""

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        name = request.query_params.get("format", "json")
        if name == "json":
            return super().list(request, *args, **kwargs)
        if name not in _FORMATS:
            raise ValidationError({"format": ["Choose json, csv or xlsx."]})
        return self._export(request, _FORMATS[name])

    def _export(
        self, request: Request, file_format: FileFormat
    ) -> StreamingHttpResponse | Any:
        queryset = self.filter_queryset(self.get_queryset())
        serializer: Any = self.get_serializer()
        names = list(serializer.fields)
        rows = (serializer.to_representation(row) for row in in_chunks(queryset))
        key = request.auth
        try:
            return export_response(
                rows,
                [(name, _reader(name)) for name in names],
                file_format,
                what=str(queryset.model._meta.verbose_name_plural),
                by=f"API key {getattr(key, 'name', '')}",
            )
        except TooManyRowsError as error:
            raise ValidationError({"format": [str(error)]}) from error


class ReadViewSet(mixins.RetrieveModelMixin, ListViewSet):
    """A list, and one row of it."""

    lookup_value_converter = "int"


def _reader(name: str) -> Callable[[Any], Any]:
    return lambda shown: shown[name]


_FORMAT = OpenApiParameter(
    "format",
    OpenApiTypes.STR,
    enum=["json", "csv", "xlsx"],
    description="csv streams all that the filters leave; xlsx takes 100,000 rows.",
)


def describe_reading(
    *, many: str, one: str = "", example: dict[str, Any]
) -> Callable[[Any], Any]:
    """Describe `list` and `retrieve` of a viewset: summaries and one example."""
    examples = [OpenApiExample("Found", value=example, response_only=True)]

    def describe(view: Any) -> Any:
        shown = view.serializer_class
        rows = OpenApiResponse(shown(many=True), examples=examples)
        row = OpenApiResponse(shown, examples=examples)
        described = {
            "list": extend_schema(
                summary=many,
                parameters=[_FORMAT],
                responses={200: rows, **problems(400)},
            )
        }
        if one:
            described["retrieve"] = extend_schema(
                summary=one, responses={200: row, **problems(404)}
            )
        return extend_schema_view(**described)(view)

    return describe
