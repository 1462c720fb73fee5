from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from funnel.conversions import BUILT_IN
from funnel.models import ConversionName
from marketing_os.lib.admin import ModelAdmin


@admin.register(ConversionName)
class ConversionNameAdmin(ModelAdmin):
    list_display = ("name", "description", "place")
    sortable_by = ()
    search_fields = ("name", "description")
    fields = ("name", "description", "place")
    list_before_template = "admin/funnel/conversions_hint.html"
    exported = ("name", "description", "place", "created_at")
    empty_title = _("No conversions were added yet.")
    empty_hint = _("Add a name that other systems may report beside those above.")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        context = {"built_in": BUILT_IN} | (extra_context or {})
        return super().changelist_view(request, context)

    def get_readonly_fields(
        self, request: HttpRequest, obj: ConversionName | None = None
    ) -> tuple[str, ...]:
        # What was recorded under the name would lose it.
        return ("name",) if obj else ()
