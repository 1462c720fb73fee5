"""The Export button of a list: what is listed, as CSV, TSV or a workbook."""

import csv
import io
import json
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import chain, islice
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils.translation import gettext as _
from import_export.admin import ExportMixin as BaseExportMixin
from import_export.fields import Field
from import_export.formats.base_formats import CSV, TSV, XLSX
from import_export.resources import Resource
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from marketing_os.lib.admin import ExportForm

# A header and the function that reads its cell from a row of the list.
Column = tuple[str, Callable[[Any], Any]]
CHUNK = 2_000
WORKBOOK_ROWS = 100_000
_NUMBER_OR_PHONE = re.compile(r"[+-][\d\s().]*")


class ListExportForm(ExportForm):  # type: ignore[misc]
    """Asks for the format and for the columns, named as they will stand."""

    def _init_formats(self, formats: Any) -> None:
        super()._init_formats(formats)
        self.fields["format"].choices = self.fields["format"].choices[1:]
        self.initial.setdefault("format", "0")

    def _get_field_label(self, resource: Any, field_name: str) -> str:
        return field_name

    def columns(self) -> list[Any]:
        """List the form's fields that choose a column."""
        return [
            field
            for field in self.visible_fields()
            if getattr(field.field, "is_selectable_field", False)
        ]


class ExportMixin(BaseExportMixin):
    """Gives a list its Export button; `export_columns` says what a row consists of.

    It takes the permission "export" of the model. CSV and TSV are streamed, so a
    list may have any length; a workbook has its limit.
    """

    import_export_change_list_template = None
    export_form_class = ListExportForm
    export_template_name = "admin/export.html"
    formats = (CSV, TSV, XLSX)

    def export_columns(self, request: HttpRequest) -> list[Column]:
        raise NotImplementedError

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
    ) -> HttpResponse | StreamingHttpResponse | FileResponse:
        if not self.has_export_permission(request):
            raise PermissionDenied
        if isinstance(file_format, XLSX):
            _refuse_too_many(queryset)
        resource = self.choose_export_resource_class(export_form, request)()
        chosen = self.get_export_resource_fields_from_form(export_form)
        fields = resource.get_export_fields(chosen)
        rows = (
            [_cell(field.export(item)) for field in fields]
            for item in self._items(request, queryset)
        )
        lines = chain([[_cell(field.column_name) for field in fields]], rows)
        name = self.get_export_filename(request, queryset, file_format)
        if isinstance(file_format, XLSX):
            return _workbook(lines, name)
        delimiter = "\t" if isinstance(file_format, TSV) else ","
        return StreamingHttpResponse(
            _text(lines, delimiter),
            content_type=f"{file_format.get_content_type()}; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    def _items(self, request: HttpRequest, queryset: QuerySet[Any]) -> Iterator[Model]:
        """Yield the rows, each chunk with what its columns need beside it."""
        items = queryset.iterator(chunk_size=CHUNK)
        while chunk := list(islice(items, CHUNK)):
            self.load_rows(request, chunk)
            yield from chunk


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


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, (list, dict)):
        value = json.dumps(value, ensure_ascii=False)
    return _harmless(value) if isinstance(value, str) else value


def _harmless(text: str) -> str:
    """Keep a spreadsheet from running what a customer typed as a formula."""
    if not text.startswith(("=", "+", "-", "@", "\t", "\r")):
        return text
    return text if _NUMBER_OR_PHONE.fullmatch(text) else f"'{text}"


def _text(lines: Iterable[list[Any]], delimiter: str) -> Iterator[str]:
    # The mark tells spreadsheets that the text is UTF-8.
    yield "\ufeff"
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter)
    for number, line in enumerate(lines, start=1):
        writer.writerow(line)
        if number % 500 == 0:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def _refuse_too_many(queryset: QuerySet[Any]) -> None:
    if queryset.order_by()[: WORKBOOK_ROWS + 1].count() > WORKBOOK_ROWS:
        raise ValueError(
            _(
                "A workbook takes at most %(rows)s rows: choose CSV, or search for fewer."
            )
            % {"rows": f"{WORKBOOK_ROWS:,}"}
        )


def _workbook(lines: Iterable[list[Any]], name: str) -> FileResponse:
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for line in lines:
        sheet.append(
            [
                ILLEGAL_CHARACTERS_RE.sub("�", cell) if isinstance(cell, str) else cell
                for cell in line
            ]
        )
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    book.save(file)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=name)
