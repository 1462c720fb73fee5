from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.models import WebhookCall, WebhookEndpoint
from automations.named_by import workflows_naming
from automations.services.webhooks import make_endpoint, renew_secret, switch_endpoint
from automations.webhooks.addresses import AddressRefusedError, check_url
from marketing_os.lib.admin import display
from marketing_os.lib.admin_secrets import SecretAdmin


class EndpointForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = WebhookEndpoint
        fields = ("name", "is_active")

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"]
        try:
            check_url(url)
        except AddressRefusedError as error:
            raise forms.ValidationError(str(error)) from error
        return url


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(SecretAdmin):
    form = EndpointForm
    list_display = ("name", "address", "status", "waiting", "created_at")
    search_fields = ("name",)
    search_placeholder = gettext_lazy("Name")
    sortable_by = ("name",)
    actions = None
    exported = ("name", "address", "is_active", "created_at")
    change_form_template = "admin/automations/webhooks/endpoint_form.html"
    empty_title = gettext_lazy("There are no webhook endpoints yet.")
    empty_hint = gettext_lazy(
        "An endpoint is an address of another system that workflows may call. Add one, "
        "and give its secret to the other system."
    )

    @display(description=gettext_lazy("Address"))
    def address(self, endpoint: WebhookEndpoint) -> str:
        return endpoint.address

    @display(
        description=gettext_lazy("Status"),
        label={
            gettext_lazy("Active"): "success",
            gettext_lazy("Switched off"): "info",
            gettext_lazy("Does not answer"): "danger",
        },
    )
    def status(self, endpoint: WebhookEndpoint) -> str:
        if not endpoint.is_active:
            return _("Switched off")
        return _("Does not answer") if endpoint.rests_until else _("Active")

    @display(description=gettext_lazy("Waiting calls"))
    def waiting(self, endpoint: WebhookEndpoint) -> str:
        # Counted up to a bound: how many more there are changes nothing.
        most = 1_000
        pending = endpoint.calls.filter(state=WebhookCall.State.PENDING)
        count = pending[: most + 1].count()
        return f"{most:,}+" if count > most else str(count)

    def get_readonly_fields(
        self, request: HttpRequest, obj: WebhookEndpoint | None = None
    ) -> tuple[str, ...]:
        # Workflows name it by its address, and the secret belongs to it.
        return ("url", "address", "status", "waiting") if obj else ()

    def get_fields(
        self, request: HttpRequest, obj: WebhookEndpoint | None = None
    ) -> tuple[str, ...]:
        if obj is None:
            return ("name", "url")
        url = "url" if self.has_change_permission(request, obj) else "address"
        return ("name", url, "is_active", "status", "waiting")

    def formfield_for_dbfield(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> Any:
        if db_field.name == "url":
            kwargs["assume_scheme"] = "https"
            kwargs["help_text"] = _(
                "Begins with https://; it stays as it is from then on. Only who may"
                " change it sees what stands behind the question mark."
            )
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def has_delete_permission(
        self, request: HttpRequest, obj: WebhookEndpoint | None = None
    ) -> bool:
        allowed = bool(super().has_delete_permission(request, obj))
        return allowed and (obj is None or not _is_used(obj))

    def save_model(
        self, request: HttpRequest, obj: WebhookEndpoint, form: Any, change: bool
    ) -> None:
        if not change:
            made, secret = make_endpoint(obj.name, obj.url)
            obj.pk, obj.created_at = made.pk, made.created_at
            request.new_secret = secret  # type: ignore[attr-defined]
            return
        obj.save(update_fields=["name"])
        if "is_active" in form.changed_data:
            switch_endpoint(obj, on=obj.is_active)

    def response_add(
        self,
        request: HttpRequest,
        obj: WebhookEndpoint,
        post_url_continue: str | None = None,
    ) -> HttpResponse:
        return self._show_secret(request, obj, request.new_secret)  # type: ignore[attr-defined]

    def get_urls(self) -> list[URLPattern]:
        renew = path(
            "<int:pk>/secret/",
            self.admin_site.admin_view(self.renew_view),
            name="automations_webhookendpoint_secret",
        )
        return [renew, *super().get_urls()]

    def renew_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask, and then make a new secret and show it once."""
        endpoint = self.get_object(request, str(pk))
        if endpoint is None:
            raise Http404(_("This endpoint does not exist any more."))
        if not self.has_change_permission(request, endpoint):
            raise PermissionDenied
        if request.method == "POST":
            secret = renew_secret(endpoint)
            self.log_change(request, endpoint, _("A new secret."))
            return self._show_secret(request, endpoint, secret)
        context = {
            "title": _("A new secret for “%(name)s”?") % {"name": endpoint.name},
            "endpoint": endpoint,
        }
        template = "admin/automations/webhooks/renew.html"
        return self.page(request, template, context)

    def _show_secret(
        self, request: HttpRequest, endpoint: WebhookEndpoint, secret: str
    ) -> HttpResponse:
        context = {
            "title": _("The new secret"),
            "endpoint": endpoint,
            "secret": secret,
            "old_until": endpoint.previous_until,
            "list_url": reverse("admin:automations_webhookendpoint_changelist"),
        }
        template = "admin/automations/webhooks/secret.html"
        return self.secret_page(request, template, context)


def _is_used(endpoint: WebhookEndpoint) -> bool:
    """Tell whether it was called, or a workflow calls it."""
    calling = workflows_naming("url", endpoint.url, ("steps",))
    return endpoint.calls.exists() or calling.exists()
