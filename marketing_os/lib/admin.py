"""The one place that knows how the admin looks; every ModelAdmin starts here."""

from collections.abc import Sequence
from typing import Any

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import PAGE_VAR
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import ForeignKey, Model, QuerySet
from django.forms import TimeInput
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.functional import Promise
from django_filters import FilterSet
from unfold.admin import ModelAdmin as UnfoldModelAdmin
from unfold.admin import StackedInline as UnfoldStackedInline
from unfold.admin import TabularInline as UnfoldTabularInline
from unfold.contrib.import_export.forms import SelectableFieldsExportForm as ExportForm
from unfold.decorators import action, display
from unfold.forms import AdminPasswordChangeForm, UserCreationForm
from unfold.views import ChangeList as UnfoldChangeList
from unfold.widgets import (
    CHECKBOX_CLASSES,
    INPUT_CLASSES,
    RADIO_CLASSES,
    SELECT_CLASSES,
    TEXTAREA_CLASSES,
)
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget as CheckboxList,
)
from unfold.widgets import UnfoldAdminSelect2Widget as SearchableSelect

from marketing_os.lib.admin_export import ColumnsForm, ExportMixin
from marketing_os.lib.admin_site import site_page
from marketing_os.lib.pagination import EstimatePaginator


class ChangeList(UnfoldChangeList):  # type: ignore[misc]
    """A list whose rows the admin's filterset picks, if it has one."""

    filterset: FilterSet | None = None
    result_list: Any

    def get_filters_params(self, params: Any = None) -> dict[str, Any]:
        """Leave to the query only what the filterset does not answer."""
        found = super().get_filters_params(params)
        # Beside the list's own filters any lookup of any field could be asked for,
        # and some values break only the query, when it is too late to answer.
        offered = {_field_of(item) for item in self.list_filter}
        return {
            name: values
            for name, values in found.items()
            if name.partition("__")[0] in offered and "\0" not in str(values)
        }

    def get_queryset(
        self, request: HttpRequest, exclude_parameters: Any = None
    ) -> QuerySet[Any]:
        queryset = super().get_queryset(request, exclude_parameters)
        self.filterset = self.model_admin.get_filterset(request, queryset)
        if self.filterset is None:
            return queryset  # type: ignore[no-any-return]
        if not self.filterset.is_valid():
            return queryset.none()  # type: ignore[no-any-return]
        return self.filterset.qs  # type: ignore[no-any-return]

    def url_for_result(self, result: Any) -> str:
        own: str = self.model_admin.row_url(result)
        return own or super().url_for_result(result)

    def get_results(self, request: HttpRequest) -> None:
        try:
            super().get_results(request)
        except IncorrectLookupParameters:
            self.page_num = 1
            super().get_results(request)
        # The number of rows stands below the table, once.
        self.full_result_count = self.result_count
        self.show_admin_actions = bool(self.result_count)
        if not self.list_editable:
            self.result_list = list(self.result_list)
            self.model_admin.load_rows(request, self.result_list)

    @property
    def has_search(self) -> bool:
        return bool(self.search_fields or self.filterset)

    @property
    def has_next(self) -> bool:
        """Tell whether a list of unknown length may go on after this page."""
        return bool(len(self.result_list) == self.list_per_page)

    @property
    def previous_url(self) -> str:
        return str(self.get_query_string({PAGE_VAR: self.page_num - 1}))

    @property
    def next_url(self) -> str:
        return str(self.get_query_string({PAGE_VAR: self.page_num + 1}))

    @property
    def about_count(self) -> str:
        return f"{self.result_count:,}"

    @property
    def active_search(self) -> int:
        """Tell how many fields of the search are filled in."""
        if self.filterset is None:
            return int(bool(self.query))
        fields = self.filterset.form.cleaned_data if self.filterset.is_valid() else {}
        filled = [value for value in fields.values() if value not in (None, "", [])]
        return len(filled) + bool(self.query)


def _field_of(list_filter: Any) -> str:
    """Return the name that an item of list_filter goes by in an address."""
    item = list_filter[0] if isinstance(list_filter, (list, tuple)) else list_filter
    return str(getattr(item, "parameter_name", item)).partition("__")[0]


class ClockInput(TimeInput):
    """A time of the day in hours and minutes."""

    input_type = "time"

    def __init__(self) -> None:
        super().__init__({"class": " ".join(INPUT_CLASSES)}, format="%H:%M")


class RelatedSearch(AutocompleteSelect):
    """A drop-down with a search that survives whatever was posted to it."""

    def optgroups(self, name: str, value: Sequence[str], attr: Any = None) -> Any:
        # The library asks the database for the values that the form has just refused.
        known = [text for text in value if self._may_be_key(text)]
        return super().optgroups(name, known, attr)

    def _may_be_key(self, text: str) -> bool:
        try:
            self.field.target_field.to_python(text)
        except ValidationError:
            return False
        return True


class ListExportForm(ColumnsForm, ExportForm):  # type: ignore[misc]
    """The form behind the Export button, in the look of the admin."""


class ModelAdmin(ExportMixin, UnfoldModelAdmin):  # type: ignore[misc]
    """A list with search on top and a form, in the look of the back office.

    `search_fields` and `filterset_class` make the search section; `empty_title` and
    `empty_hint` say what to do when there is nothing to list yet.
    """

    list_per_page = 50
    show_full_result_count = False
    warn_unsaved_form = True
    paginator = EstimatePaginator
    export_form_class = ListExportForm
    filterset_class: type[FilterSet] | None = None
    search_placeholder: str | Promise = ""
    empty_title: str | Promise = ""
    empty_hint: str | Promise = ""

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ChangeList

    def get_filterset(
        self, request: HttpRequest, queryset: QuerySet[Any]
    ) -> FilterSet | None:
        if self.filterset_class is None:
            return None
        return self.filterset_class(request.GET, queryset=queryset, request=request)

    def formfield_for_foreignkey(
        self, db_field: "ForeignKey[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            widget = RelatedSearch(db_field, self.admin_site, using=kwargs.get("using"))
            kwargs.setdefault("widget", widget)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def view_on_site(self, obj: Model) -> str | None:
        find = getattr(obj, "get_absolute_url", None)
        return find() if find else None

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        # PostgreSQL refuses NUL in text; drop-downs with a search send what they get.
        words = search_term.replace("\0", "")
        return super().get_search_results(request, queryset, words)  # type: ignore[no-any-return]

    def response_action(
        self, request: HttpRequest, queryset: QuerySet[Any]
    ) -> HttpResponse | None:
        # Django looks up whatever was ticked, also what cannot be an ID.
        ticked = request.POST.getlist(ACTION_CHECKBOX_NAME)
        known = request.POST.copy()
        known.setlist(ACTION_CHECKBOX_NAME, [pk for pk in ticked if self._is_id(pk)])
        request.POST = known  # type: ignore[assignment]
        return super().response_action(request, queryset)  # type: ignore[no-any-return]

    def _is_id(self, text: str) -> bool:
        try:
            self.opts.pk.clean(text, None)
        except ValidationError:
            return False
        return "\0" not in text

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        self.insist_on_some_permission(request)
        # A key may be text, in which PostgreSQL refuses NUL.
        if "\0" in object_id:
            return None
        return super().get_object(request, object_id, from_field)

    def page(
        self, request: HttpRequest, template: str, context: dict[str, Any]
    ) -> TemplateResponse:
        """Render a page beside the list and the form, inside the frame of the admin.

        The context has its `title` and, where it is about one object, the `original`.
        """
        own = {"opts": self.opts, "media": self.media, "model_admin": self}
        return site_page(request, template, own | context)

    def row_url(self, row: Any) -> str:
        """Return the page that a row of the list leads to, if it is not its form."""
        return ""

    def insist_on_some_permission(self, request: HttpRequest) -> None:
        """Refuse whoever may do nothing here, before they learn what there is."""
        if not any(self.get_model_perms(request).values()):
            raise PermissionDenied

    def load_rows(self, request: HttpRequest, rows: list[Any]) -> None:
        """Fetch for the rows of one page what their columns show beside them."""


class ReadOnlyAdmin(ModelAdmin):
    """A list and pages that nobody can change, by whatever URL.

    With `page_template` an object's page is that template, filled by `page_context`,
    instead of a form without inputs.
    """

    warn_unsaved_form = False
    page_template = ""

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

    def page_context(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        return {}

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method == "POST" and not self.get_actions(request):
            raise PermissionDenied
        return super().changelist_view(request, extra_context)  # type: ignore[no-any-return]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if not self.page_template:
            return super().change_view(request, object_id, form_url, extra_context)  # type: ignore[no-any-return]
        obj = self.get_object(request, unquote(object_id))
        if request.method == "POST" or not self.has_view_permission(request, obj):
            raise PermissionDenied
        if obj is None:
            return self._get_obj_does_not_exist_redirect(  # type: ignore[no-any-return]
                request, self.opts, object_id
            )
        own = {**(extra_context or {}), **self.page_context(request, obj)}
        about = {"title": str(obj), "original": obj}
        return self.page(request, self.page_template, about | own)


class TabularInline(UnfoldTabularInline):  # type: ignore[misc]
    """Rows of a related model inside a form."""

    extra = 0


class StackedInline(UnfoldStackedInline):  # type: ignore[misc]
    """Forms of a related model inside a form."""

    extra = 0


__all__ = [
    "CHECKBOX_CLASSES",
    "INPUT_CLASSES",
    "RADIO_CLASSES",
    "SELECT_CLASSES",
    "TEXTAREA_CLASSES",
    "AdminPasswordChangeForm",
    "ChangeList",
    "CheckboxList",
    "ClockInput",
    "ModelAdmin",
    "ReadOnlyAdmin",
    "SearchableSelect",
    "StackedInline",
    "TabularInline",
    "UserCreationForm",
    "action",
    "display",
]
