from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from marketing_os.lib.admin import CheckboxList, display
from marketing_os.lib.admin_secrets import SecretAdmin
from marketing_os.lib.api.keys import SCOPES, create_key, revoke_key
from marketing_os.lib.models import ApiKey


class ApiKeyForm(forms.ModelForm):  # type: ignore[type-arg]
    scopes = forms.MultipleChoiceField(
        label=_("What the key may do"),
        choices=SCOPES.items(),
        widget=CheckboxList,
    )

    class Meta:
        model = ApiKey
        fields = (
            "name",
            "scopes",
            "is_test",
            "expires_at",
            "requests_per_minute",
            "items_per_minute",
        )


@admin.register(ApiKey)
class ApiKeyAdmin(SecretAdmin):
    form = ApiKeyForm
    list_display = ("name", "shown_prefix", "shown_scopes", "status", "last_used_at")
    search_fields = ("name", "prefix")
    list_filter = ("is_test",)
    list_filter_submit = False
    actions = None
    change_form_template = "admin/lib/apikey/change_form.html"

    @display(description=_("begins with"))
    def shown_prefix(self, key: ApiKey) -> str:
        return f"mos_{'test' if key.is_test else 'live'}_{key.prefix}_…"

    @display(description=_("scopes"))
    def shown_scopes(self, key: ApiKey) -> str:
        return ", ".join(key.scopes)

    @display(description=_("requests per minute"))
    def shown_requests(self, key: ApiKey) -> int:
        return key.requests_per_minute or settings.API_REQUESTS_PER_MINUTE

    @display(description=_("items per minute"))
    def shown_items(self, key: ApiKey) -> int:
        return key.items_per_minute or settings.API_ITEMS_PER_MINUTE

    @display(
        description=_("status"),
        label={
            _("Active"): "success",
            _("Test key"): "info",
            _("Expired"): "warning",
            _("Revoked"): "danger",
        },
    )
    def status(self, key: ApiKey) -> Any:
        if key.revoked_at is not None:
            return _("Revoked")
        if key.expires_at is not None and key.expires_at <= timezone.now():
            return _("Expired")
        return _("Test key") if key.is_test else _("Active")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if obj is None:
            return ApiKeyForm.Meta.fields
        return (
            "name",
            "shown_prefix",
            "shown_scopes",
            "status",
            "expires_at",
            "shown_requests",
            "shown_items",
            "created_at",
            "last_used_at",
            "revoked_at",
        )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(
        self, request: HttpRequest, obj: ApiKey, form: Any, change: bool
    ) -> None:
        key, secret = create_key(
            obj.name,
            form.cleaned_data["scopes"],
            is_test=obj.is_test,
            expires_at=obj.expires_at,
            requests_per_minute=obj.requests_per_minute,
            items_per_minute=obj.items_per_minute,
        )
        obj.pk = key.pk
        request.new_api_key = secret  # type: ignore[attr-defined]

    def response_add(
        self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None
    ) -> HttpResponse:
        context = {
            "title": _("The new key"),
            "key": obj,
            "secret": request.new_api_key,  # type: ignore[attr-defined]
        }
        return self.secret_page(request, "admin/lib/apikey/created.html", context)

    def get_urls(self) -> list[Any]:
        revoke = path(
            "<int:pk>/revoke/",
            self.admin_site.admin_view(self.revoke_view),
            name="lib_apikey_revoke",
        )
        return [revoke, *super().get_urls()]

    def revoke_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        key = get_object_or_404(ApiKey, pk=pk)
        if request.method == "POST":
            revoke_key(key)
            self.log_change(request, key, "Revoked.")
            messages.success(request, _("The key no longer works."))
            return HttpResponseRedirect(reverse("admin:lib_apikey_changelist"))
        context = {
            "title": _("Revoke “%(name)s”?") % {"name": key.name},
            "key": key,
        }
        return self.page(request, "admin/lib/apikey/revoke.html", context)
