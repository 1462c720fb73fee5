"""The one place that knows how the admin looks; every ModelAdmin starts here."""

from django.db.models import Model
from django.http import HttpRequest
from unfold.admin import ModelAdmin as UnfoldModelAdmin
from unfold.admin import StackedInline as UnfoldStackedInline
from unfold.admin import TabularInline as UnfoldTabularInline
from unfold.decorators import action, display


class ModelAdmin(UnfoldModelAdmin):  # type: ignore[misc]
    """A list with search on top and a form, in the look of the back office."""

    list_per_page = 50
    show_full_result_count = False
    warn_unsaved_form = True


class ReadOnlyAdmin(ModelAdmin):
    """A list and pages that nobody can change, by whatever URL."""

    warn_unsaved_form = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        return False

    def has_delete_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        return False


class TabularInline(UnfoldTabularInline):  # type: ignore[misc]
    """Rows of a related model inside a form."""

    extra = 0


class StackedInline(UnfoldStackedInline):  # type: ignore[misc]
    """Forms of a related model inside a form."""

    extra = 0


__all__ = [
    "ModelAdmin",
    "ReadOnlyAdmin",
    "StackedInline",
    "TabularInline",
    "action",
    "display",
]
