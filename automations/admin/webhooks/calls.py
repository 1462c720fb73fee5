from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django_filters import ChoiceFilter, ModelChoiceFilter

from automations.admin.badges import badge
from automations.models import WebhookCall, WebhookEndpoint, Workflow
from automations.services.webhooks import resend_calls
from automations.tasks import send_webhook_calls
from customers.admin.rows import WHO, CustomerRowsAdmin
from marketing_os.lib.admin import action, display
from marketing_os.lib.filters import FromDayFilter, SearchFilterSet, ToDayFilter
from marketing_os.lib.hints import wake

_State = WebhookCall.State
_TONES = {
    _State.PENDING: "info",
    _State.DELIVERED: "good",
    _State.FAILED: "danger",
    _State.CANCELLED: "",
}
RETRYING = "retrying"


class StateFilter(ChoiceFilter):
    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        if value == RETRYING:
            return qs.filter(state=_State.PENDING, attempts__gt=0)
        return qs.filter(state=value) if value else qs


class WebhookCallFilterSet(SearchFilterSet):
    state = StateFilter(
        label=gettext_lazy("State"),
        empty_label=gettext_lazy("Any"),
        choices=((RETRYING, gettext_lazy("To be tried again")), *_State.choices),
    )
    endpoint = ModelChoiceFilter(
        label=gettext_lazy("Endpoint"),
        empty_label=gettext_lazy("Any"),
        queryset=WebhookEndpoint.objects.all(),
    )
    workflow = ModelChoiceFilter(
        label=gettext_lazy("Workflow"),
        empty_label=gettext_lazy("Any"),
        queryset=Workflow.objects.all(),
    )
    from_day = FromDayFilter("created_at", label=gettext_lazy("Made from"))
    to_day = ToDayFilter("created_at", label=gettext_lazy("Made to"))


@admin.register(WebhookCall)
class WebhookCallAdmin(CustomerRowsAdmin):
    list_display = (
        "created_at",
        "customer_name",
        "endpoint",
        "event",
        "state_shown",
        "attempts",
        "answer",
    )
    list_display_links = ("created_at",)
    list_select_related = ("customer", "endpoint")  # type: ignore[assignment]
    sortable_by = ()
    ordering = ("-id",)
    filterset_class = WebhookCallFilterSet
    actions = ("resend_selected",)
    page_template = "admin/automations/webhooks/call.html"
    exported = (
        *WHO,
        "endpoint",
        "event",
        "state",
        "attempts",
        "status_code",
        "error",
        "created_at",
        "due_at",
        "delivered_at",
    )
    empty_title = gettext_lazy("No other system was called yet.")
    empty_hint = gettext_lazy(
        "The step “Call a webhook” of a workflow tells another system of a member; "
        "each call stands here with what came of it."
    )

    @display(description=gettext_lazy("State"))
    def state_shown(self, call: WebhookCall) -> SafeString:
        return state_badge(call)

    @display(description=gettext_lazy("Answer"), empty_value="–")
    def answer(self, call: WebhookCall) -> Any:
        return call.error or call.status_code

    def has_resend_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("automations.change_webhookcall")

    @action(description=gettext_lazy("Send again"), permissions=["resend"])
    def resend_selected(
        self, request: HttpRequest, queryset: QuerySet[WebhookCall]
    ) -> None:
        self._resend(request, list(queryset.order_by().values_list("pk", flat=True)))

    def page_context(self, request: HttpRequest, obj: WebhookCall) -> dict[str, Any]:
        return {
            "call": obj,
            "badge": state_badge(obj),
            "may_resend": self.has_resend_permission(request) and obj.body,
        }

    def get_urls(self) -> list[URLPattern]:
        resend = path(
            "<int:pk>/resend/",
            self.admin_site.admin_view(self.resend_view),
            name="automations_webhookcall_resend",
        )
        return [resend, *super().get_urls()]

    def resend_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        call = self.get_object(request, str(pk))
        if call is None:
            raise Http404(_("This call does not exist any more."))
        if not self.has_resend_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        self._resend(request, [call.pk])
        return HttpResponseRedirect(call.get_absolute_url())

    def _resend(self, request: HttpRequest, ids: list[int]) -> None:
        count = resend_calls(ids)
        if not count:
            messages.warning(request, _("What was erased is not sent again."))
            return
        wake(send_webhook_calls)
        words = ngettext("%s call goes out again.", "%s calls go out again.", count)
        messages.success(request, words % f"{count:,}")


def state_badge(call: WebhookCall) -> SafeString:
    """Show the state of a call, and whether it failed before."""
    if call.state == _State.PENDING and call.attempts:
        return badge("warning", _("To be tried again"))
    return badge(_TONES[_State(call.state)], str(call.get_state_display()))
