from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from marketing_os.lib.admin import ReadOnlyAdmin, display
from marketing_os.lib.models import ExportRecord


@admin.register(ExportRecord)
class ExportRecordAdmin(ReadOnlyAdmin):
    list_display = ("started_at", "by", "what", "file_format", "rows", "ending")
    list_display_links = None
    search_fields = ("^by", "^what")
    search_placeholder = _("Who, or which list")
    sortable_by = ("started_at",)
    empty_title = _("Nothing was exported yet.")
    empty_hint = _("Each list that somebody takes out as a file is put on record here.")

    @display(description=_("Rows"))
    def rows(self, record: ExportRecord) -> str:
        return f"{record.row_count:,}"

    @display(
        description=_("State"),
        label={_("Complete"): "success", _("Broken off"): "info"},
    )
    def ending(self, record: ExportRecord) -> object:
        return _("Complete") if record.finished_at else _("Broken off")

    def has_view_permission(
        self, request: HttpRequest, obj: ExportRecord | None = None
    ) -> bool:
        # A list of its own, without pages of single exports.
        return obj is None and bool(super().has_view_permission(request, obj))
