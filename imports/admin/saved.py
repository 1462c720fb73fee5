"""Saved mappings: renamed and deleted here, made in the import itself."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django_filters import ChoiceFilter

from imports import services
from imports.models import SavedMapping
from imports.targets import all_targets, get_target
from imports.words import describe
from marketing_os.lib.admin import ModelAdmin, display
from marketing_os.lib.filters import SearchFilterSet


def _labels() -> dict[str, str]:
    return {target.name: capfirst(target.label) for target in all_targets()}


class SavedMappingFilterSet(SearchFilterSet):
    target = ChoiceFilter(
        label=_("What the rows are"),
        empty_label=_("Anything"),
        choices=lambda: list(_labels().items()),
    )


class SavedMappingForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = SavedMapping
        fields = ("name",)

    def clean_name(self) -> str:
        name = " ".join(self.cleaned_data["name"].split())
        self.instance.name = name
        try:
            self.instance.validate_constraints()
        except forms.ValidationError as error:
            raise forms.ValidationError(error.messages) from error
        return name


@admin.register(SavedMapping)
class SavedMappingAdmin(ModelAdmin):
    form = SavedMappingForm
    list_display = ("name", "what", "columns_count", "created_by", "updated_at")
    list_select_related = ("created_by",)
    search_fields = ("name",)
    search_placeholder = _("Name")
    filterset_class = SavedMappingFilterSet
    sortable_by = ("name", "updated_at")
    fields = ("name", "what", "becomes", "created_by", "updated_at")
    readonly_fields = ("what", "becomes", "created_by", "updated_at")
    empty_title = _("No mapping is saved.")
    empty_hint = _(
        "While you say what the columns of a file become, you can save that under a"
        " name. A file with the same columns is then filled in by itself."
    )

    @display(description=_("What the rows are"))
    def what(self, saved: SavedMapping) -> str:
        return _labels().get(saved.target, saved.target)

    @display(description=_("Columns"))
    def columns_count(self, saved: SavedMapping) -> int:
        return len(saved.columns)

    @display(description=_("What each column becomes"))
    def becomes(self, saved: SavedMapping) -> SafeString:
        target = get_target(saved.target)
        rows = (
            (header, describe(target, what) if what else _("Left out"))
            for header in saved.columns
            for what in [saved.mapping.get(header, "")]
        )
        lines = format_html_join("", "<div><dt>{}</dt><dd>{}</dd></div>", rows)
        return format_html('<dl class="mos-facts">{}</dl>', lines)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def save_model(
        self, request: HttpRequest, obj: SavedMapping, form: Any, change: bool
    ) -> None:
        services.rename_mapping(obj, obj.name)
