from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from marketing_os.lib.admin import ModelAdmin, display
from marketing_os.lib.errors import DomainError
from messaging.admin.links import require_permission
from messaging.dns_checks import Verdict
from messaging.forms import SenderForm
from messaging.models import Sender
from messaging.services.senders import (
    allowed_senders,
    check_dns,
    delete_sender,
    save_sender,
)

_TONES = {Verdict.GOOD: "good", Verdict.WARNING: "warning", Verdict.BAD: "danger"}
_WORDS = {
    Verdict.GOOD: gettext_lazy("Good"),
    Verdict.WARNING: gettext_lazy("Could be better"),
    Verdict.BAD: gettext_lazy("To be mended"),
    Verdict.UNKNOWN: gettext_lazy("Not known"),
}
_WORST_FIRST = (Verdict.BAD, Verdict.UNKNOWN, Verdict.WARNING, Verdict.GOOD)


@admin.register(Sender)
class SenderAdmin(ModelAdmin):
    form = SenderForm
    list_display = ("address", "name", "reply_to", "is_active", "dns", "checked_at")
    search_fields = ("address", "name")
    search_placeholder = gettext_lazy("Address or name")
    sortable_by = ("address",)
    change_form_template = "messaging/sender_form.html"
    list_before_template = "messaging/sender_hint.html"
    empty_title = gettext_lazy("No senders were added yet.")
    empty_hint = gettext_lazy(
        "Mail comes from the address of the settings until you add others here. Only"
        " these may be chosen in templates."
    )

    class Media:
        css = {"all": ("messaging/messaging.css",)}

    @display(description=gettext_lazy("DNS"))
    def dns(self, sender: Sender) -> SafeString:
        verdicts = {finding["verdict"] for finding in sender.findings}
        worst = next((one for one in _WORST_FIRST if one in verdicts), None)
        if worst is None:
            return format_html('<span class="mos-faint">{}</span>', _("Not checked"))
        return _badge(worst)

    def get_urls(self) -> list[URLPattern]:
        own = path(
            "<int:pk>/check/",
            self.admin_site.admin_view(require_POST(self.check_view)),
            name="messaging_sender_check",
        )
        return [own, *super().get_urls()]

    def check_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        require_permission(request, "messaging.change_sender")
        sender = Sender.objects.filter(pk=pk).first()
        if sender is None:
            raise Http404
        check_dns(sender)
        messages.info(request, _("The DNS of %s was asked.") % sender.domain)
        return redirect("admin:messaging_sender_change", pk)

    def save_model(
        self, request: HttpRequest, obj: Sender, form: Any, change: bool
    ) -> None:
        save_sender(obj)

    def delete_model(self, request: HttpRequest, obj: Sender) -> None:
        delete_sender(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Sender]) -> None:
        for sender in queryset:
            delete_sender(sender)

    def delete_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        try:
            return super().delete_view(request, object_id, extra_context)  # type: ignore[no-any-return]
        except DomainError as error:
            messages.error(request, str(error))
            return redirect("admin:messaging_sender_changelist")

    def response_action(
        self, request: HttpRequest, queryset: QuerySet[Any]
    ) -> HttpResponse | None:
        try:
            return super().response_action(request, queryset)
        except DomainError as error:
            messages.error(request, str(error))
            return redirect("admin:messaging_sender_changelist")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        default = {"default_sender": allowed_senders().default}
        return super().changelist_view(request, default | (extra_context or {}))  # type: ignore[no-any-return]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        sender = kwargs.get("obj")
        context["findings"] = [
            finding | {"badge": _badge(Verdict(finding["verdict"]))}
            for finding in (sender.findings if sender else ())
        ]
        return super().render_change_form(request, context, *args, **kwargs)  # type: ignore[no-any-return]


def _badge(verdict: Verdict) -> SafeString:
    tone = _TONES.get(verdict)
    classes = f"mos-badge mos-badge-{tone}" if tone else "mos-badge"
    return format_html('<span class="{}">{}</span>', classes, _WORDS[verdict])
