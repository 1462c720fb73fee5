from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.db.models.functions import Lower
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_filters import ChoiceFilter

from imports.admin import ImportMixin
from marketing_os.lib.admin import ModelAdmin, display
from marketing_os.lib.filters import FromDayFilter, SearchFilterSet, ToDayFilter
from messaging.channels.base import ImpossibleMailError
from messaging.channels.mime import checked_address
from messaging.models import Suppression
from messaging.services.suppressions import lift_suppression, suppress


class SuppressionFilterSet(SearchFilterSet):
    reason = ChoiceFilter(
        label=gettext_lazy("Reason"),
        empty_label=gettext_lazy("Any"),
        choices=Suppression.Reason.choices,
    )
    from_day = FromDayFilter("created_at", label=gettext_lazy("Added from"))
    to_day = ToDayFilter("created_at", label=gettext_lazy("Added to"))


class SuppressionForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Suppression
        fields = ("email", "reason", "detail")

    def clean_email(self) -> str:
        address = str(self.cleaned_data["email"]).strip()
        try:
            checked_address(address)
        except ImpossibleMailError as error:
            raise forms.ValidationError(str(error)) from error
        return address


@admin.register(Suppression)
class SuppressionAdmin(ImportMixin, ModelAdmin):
    import_target = "suppressions"
    exported = ("email", "reason", "detail", "created_at")
    form = SuppressionForm
    list_display = ("address", "reason", "detail", "created_by", "created_at")
    list_select_related = ("created_by",)
    search_fields = ("email",)  # get_search_results asks for the prefix instead
    search_placeholder = gettext_lazy("Beginning of an e-mail address")
    sortable_by = ("address", "created_at")
    filterset_class = SuppressionFilterSet
    empty_title = gettext_lazy("No address is suppressed.")
    empty_hint = gettext_lazy(
        "Addresses that bounce for good, or complain, come here by themselves; you can"
        " add others. Nothing is ever sent to them."
    )

    @display(description=gettext_lazy("E-mail"), ordering=Lower("email"))
    def address(self, suppression: Suppression) -> str:
        return suppression.email

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Suppression], search_term: str
    ) -> tuple[QuerySet[Suppression], bool]:
        begins = search_term.replace("\0", "").strip().lower()
        if not begins:
            return queryset, False
        # Written so that the index on lower(email) serves it.
        found = queryset.annotate(lower_email=Lower("email"))
        return found.filter(lower_email__startswith=begins), False

    def has_change_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        return False

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, **kwargs)
        if "reason" in form.base_fields:
            form.base_fields["reason"].initial = Suppression.Reason.MANUAL
        return form

    def save_model(
        self, request: HttpRequest, obj: Suppression, form: Any, change: bool
    ) -> None:
        made = suppress(obj.email, obj.reason, detail=obj.detail, by=request.user)  # type: ignore[arg-type]
        obj.pk = made.pk

    def delete_model(self, request: HttpRequest, obj: Suppression) -> None:
        lift_suppression(obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        deleted, count, permissions, protected = super().get_deleted_objects(
            objs, request
        )
        note = _("Mail will be sent to these addresses again.")
        return [*deleted, note], count, permissions, protected
