"""The Export button of every list: what is listed, as CSV, TSV or a workbook."""

from collections.abc import Callable
from html import unescape
from operator import attrgetter
from typing import Any

from django.contrib.admin.utils import label_for_field
from django.core.exceptions import FieldDoesNotExist, PermissionDenied
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, StreamingHttpResponse
from django.utils.html import strip_tags
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from import_export.admin import ExportMixin as BaseExportMixin
from import_export.fields import Field
from import_export.formats.base_formats import CSV, TSV, XLSX
from import_export.resources import Resource

from marketing_os.lib.exporting import (
    Column,
    FileFormat,
    TooManyRowsError,
    export_response,
    in_chunks,
)

_FORMATS = {CSV: FileFormat.CSV, TSV: FileFormat.TSV, XLSX: FileFormat.XLSX}


class ColumnsForm:
    """Asks for the format and for the columns, named as they will stand."""

    def _init_formats(self, formats: Any) -> None:
        form: Any = super()
        form._init_formats(formats)
        self.fields["format"].choices = self.fields["format"].choices[1:]  # type: ignore[attr-defined]
        self.initial.setdefault("format", "0")  # type: ignore[attr-defined]

    def _get_field_label(self, resource: Any, field_name: str) -> str:
        return field_name

    def columns(self) -> list[Any]:
        """List the form's fields that choose a column."""
        return [
            field
            for field in self.visible_fields()  # type: ignore[attr-defined]
            if getattr(field.field, "is_selectable_field", False)
        ]


class ExportMixin(BaseExportMixin):
    """Gives a list its Export button, for those with the model's permission "export".

    `exported` names the attributes that a row consists of ("customer.email"); a list
    without it exports what it shows, and `export_columns` may say something else.
    """

    import_export_change_list_template = None
    export_template_name = "admin/export.html"
    formats = tuple(_FORMATS)
    exported: tuple[str, ...] = ()

    def export_columns(self, request: HttpRequest) -> list[Column]:
        if self.exported:
            return [
                (name.rpartition(".")[2], attrgetter(name)) for name in self.exported
            ]
        return [self._shown(name) for name in self.get_list_display(request)]

    def has_export_permission(self, request: HttpRequest) -> bool:
        opts = self.opts
        permission = f"{opts.app_label}.export_{opts.model_name}"
        return bool(
            self.has_view_permission(request) and request.user.has_perm(permission)
        )

    def get_export_resource_classes(self, request: HttpRequest) -> list[type[Resource]]:
        columns: dict[str, Any] = {
            name: _ReadField(read, column_name=name)
            for name, read in self.export_columns(request)
        }
        return [type("ListResource", (_Resource,), columns)]

    def _do_file_export(
        self,
        file_format: Any,
        request: HttpRequest,
        queryset: QuerySet[Any],
        export_form: Any = None,
    ) -> StreamingHttpResponse | FileResponse:
        if not self.has_export_permission(request):
            raise PermissionDenied
        resource = self.choose_export_resource_class(export_form, request)()
        chosen = self.get_export_resource_fields_from_form(export_form)
        fields = resource.get_export_fields(chosen)
        try:
            return export_response(
                in_chunks(queryset, lambda rows: self.load_rows(request, rows)),
                [(field.column_name, field.export) for field in fields],
                _FORMATS[type(file_format)],
                what=str(self.opts.verbose_name_plural),
                by=request.user.get_username(),
            )
        except TooManyRowsError as error:
            # The form shows a ValueError beside its buttons.
            raise ValueError(str(error)) from error

    def _shown(self, name: Any) -> Column:
        """Read a column of the list as it is shown, without its looks."""
        try:
            field = self.opts.get_field(name) if isinstance(name, str) else None
        except FieldDoesNotExist:
            field = None
        if field is not None:
            return name, attrgetter(name)
        own = getattr(self, name, None) if isinstance(name, str) else name
        read: Callable[[Any], Any] = own if callable(own) else attrgetter(name)
        title = str(label_for_field(name, self.model, self))
        return title, lambda row: _plain(read(row))


class _Resource(Resource):
    @classmethod
    def get_display_name(cls) -> str:
        return _("Rows of the list")


class _ReadField(Field):
    def __init__(self, read: Callable[[Any], Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.read = read

    def export(self, instance: Any, **kwargs: Any) -> Any:
        return self.read(instance)


def _plain(value: Any) -> Any:
    if isinstance(value, SafeString):
        return unescape(strip_tags(value)).strip()
    if isinstance(value, (list, tuple)):
        return " ".join(str(_plain(part)) for part in value if part)
    return value
