from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_filters import CharFilter, ChoiceFilter, ModelChoiceFilter

from automations.admin.badges import enrolment_badge
from automations.admin.logs import made_links, outcome_badge
from automations.admin.places import place_title
from automations.forms import PAGE_MEDIA
from automations.models import Enrolment, Workflow
from automations.services.enrolments import end_enrolment, retry_step, skip_wait
from automations.tasks import advance_workflows
from automations.workflows.way import step_title, step_words, steps_ahead
from customers.admin.rows import WHO, CustomerRowsAdmin
from marketing_os.lib.admin import display
from marketing_os.lib.errors import DomainError
from marketing_os.lib.filters import IdFilter, SearchFilterSet
from marketing_os.lib.hints import wake

CHANGE = "automations.change_enrolment"


@dataclass(frozen=True)
class Verb:
    """Something that staff may do to an enrolment, and how it is asked and told."""

    service: Callable[[Enrolment], Enrolment]
    title: Any
    question: Any
    warning: Any
    button: Any
    said: Any
    icon: str
    is_grave: bool = False


VERBS = {
    "end": Verb(
        end_enrolment,
        gettext_lazy("End"),
        gettext_lazy("End this way here?"),
        gettext_lazy(
            "No further step is carried out for this customer. What was done stays"
            " done. This cannot be taken back; the customer may enter again by the"
            " rules of the workflow."
        ),
        gettext_lazy("Yes, end it"),
        gettext_lazy("The way has ended."),
        "logout",
        is_grave=True,
    ),
    "retry": Verb(
        retry_step,
        gettext_lazy("Try again now"),
        gettext_lazy("Try the step again now?"),
        gettext_lazy(
            "The step that failed is tried within seconds. If it fails again, it gets"
            " all its further attempts anew."
        ),
        gettext_lazy("Yes, try it again"),
        gettext_lazy("The step is tried again."),
        "replay",
    ),
    "skip": Verb(
        skip_wait,
        gettext_lazy("Skip the wait"),
        gettext_lazy("Skip the wait?"),
        gettext_lazy(
            "The customer goes on with the next step within seconds, as if what the"
            " step waits for had come. This cannot be taken back."
        ),
        gettext_lazy("Yes, go on now"),
        gettext_lazy("The customer goes on now."),
        "fast_forward",
    ),
}

_CAME_WITH = {
    "event": gettext_lazy("Started by"),
    "funnel_type": gettext_lazy("Funnel"),
    "from_stage": gettext_lazy("From stage"),
    "to_stage": gettext_lazy("To stage"),
    "amount": gettext_lazy("Amount"),
    "template_id": gettext_lazy("Number of the template"),
}


class EnrolmentFilterSet(SearchFilterSet):
    workflow = ModelChoiceFilter(
        label=gettext_lazy("Workflow"),
        empty_label=gettext_lazy("Any"),
        queryset=Workflow.objects.all(),
    )
    state = ChoiceFilter(
        label=gettext_lazy("State"),
        empty_label=gettext_lazy("Any"),
        choices=Enrolment.State.choices,
    )
    step_id = CharFilter(
        "step_path", label=gettext_lazy("ID of the step"), max_length=40
    )
    version = IdFilter("version__number", gettext_lazy("Version"))
    customer = IdFilter("customer_id", gettext_lazy("Number of the customer"))


@admin.register(Enrolment)
class EnrolmentAdmin(CustomerRowsAdmin):
    list_display = (
        "entered_at",
        "customer_name",
        "workflow",
        "version_number",
        "state_badge",
        "at_step",
        "comes_next",
        "ended_at",
    )
    list_select_related = ("customer", "workflow", "version")
    sortable_by = ()
    filterset_class = EnrolmentFilterSet
    page_template = "admin/automations/enrolment.html"
    exported = (
        *WHO,
        "workflow",
        "version.number",
        "state",
        "step_path",
        "due_at",
        "waits_for",
        "attempts",
        "exit_reason",
        "entered_at",
        "ended_at",
    )
    empty_title = gettext_lazy("Nobody has entered a workflow yet.")
    empty_hint = gettext_lazy(
        "Each customer's way through a workflow is listed here: where they are, what"
        " comes next, and how it ended. Enable a workflow to see one."
    )

    @display(description=gettext_lazy("Version"))
    def version_number(self, enrolment: Enrolment) -> int:
        return enrolment.version.number

    @display(description=gettext_lazy("State"))
    def state_badge(self, enrolment: Enrolment) -> SafeString:
        return enrolment_badge(enrolment)

    @display(description=gettext_lazy("At the step"), empty_value="–")
    def at_step(self, enrolment: Enrolment) -> str:
        nowhere = (Enrolment.State.COMPLETED, Enrolment.State.LEFT_OUT)
        is_over = enrolment.state in nowhere
        return "" if is_over else str(place_title(enrolment))

    @display(description=gettext_lazy("Goes on at"), empty_value="–")
    def comes_next(self, enrolment: Enrolment) -> Any:
        is_active = enrolment.state == Enrolment.State.ACTIVE
        return enrolment.due_at if is_active else None

    @property
    def media(self) -> Any:
        return super().media + PAGE_MEDIA

    def get_urls(self) -> list[URLPattern]:
        return [
            path(
                "<int:pk>/<str:verb>/ask/",
                self.admin_site.admin_view(self.ask_view),
                name="automations_enrolment_ask",
            ),
            *super().get_urls(),
        ]

    def page_context(self, request: HttpRequest, obj: Enrolment) -> dict[str, Any]:
        may_change = request.user.has_perm(CHANGE)
        title = _("%(name)s in “%(workflow)s”") % {
            "name": obj.customer,
            "workflow": obj.workflow,
        }
        return {
            "enrolment": obj,
            "title": title,
            "badge": enrolment_badge(obj),
            "here": step_words(obj.version, obj.step_path),
            "ahead": [place.step for place in steps_ahead(obj)],
            "story": _story(obj),
            "by_staff": LogEntry.objects.filter(
                content_type=ContentType.objects.get_for_model(Enrolment),
                object_id=str(obj.pk),
            ).select_related("user"),
            "is_due": obj.due_at <= timezone.now(),
            "verbs": _offered(obj) if may_change else [],
            "came_with": _came_with(obj),
        }

    def ask_view(self, request: HttpRequest, pk: int, verb: str) -> HttpResponse:
        """Ask whether something is to be done to an enrolment, and do it."""
        enrolment = self.get_object(request, str(pk))
        if enrolment is None or verb not in VERBS:
            raise Http404(_("This enrolment does not exist."))
        if not request.user.has_perm(CHANGE):
            raise PermissionDenied
        if request.method == "POST":
            return self._do(request, enrolment, VERBS[verb])
        context = {
            "title": VERBS[verb].question,
            "original": enrolment,
            "enrolment": enrolment,
            "verb": VERBS[verb],
            "here": step_words(enrolment.version, enrolment.step_path),
        }
        template = "admin/automations/enrolment_ask.html"
        return self.page(request, template, context)

    def _do(
        self, request: HttpRequest, enrolment: Enrolment, verb: Verb
    ) -> HttpResponse:
        try:
            verb.service(enrolment)
        except DomainError as error:
            messages.error(request, str(error))
        else:
            self.log_change(request, enrolment, str(verb.said))
            messages.success(request, str(verb.said))
            wake(advance_workflows)
        return HttpResponseRedirect(enrolment.get_absolute_url())


def _offered(enrolment: Enrolment) -> list[tuple[str, Verb]]:
    """List what may be done to an enrolment as it is now."""
    is_active = enrolment.state == Enrolment.State.ACTIVE
    fits = {
        "retry": is_active and enrolment.attempts > 0,
        "skip": is_active and enrolment.is_waiting,
        "end": enrolment.state in Enrolment.ON_THE_WAY,
    }
    return [(name, VERBS[name]) for name, does in fits.items() if does]


def _story(enrolment: Enrolment) -> list[dict[str, Any]]:
    """Tell each step that was carried out, in the order of time."""
    return [
        {
            "log": log,
            "words": step_words(enrolment.version, log.step_id) or step_title(log.step),
            "badge": outcome_badge(log),
            "made": made_links(log),
        }
        for log in enrolment.logs.order_by("pk")
    ]


def _came_with(enrolment: Enrolment) -> list[tuple[Any, Any]]:
    """List the plain values that the trigger handed over."""
    values = dict(enrolment.context)
    found = [(gettext_lazy("Happened at"), _moment(values.pop("occurred_at", "")))]
    found += [(_CAME_WITH.get(name, name), values[name]) for name in sorted(values)]
    return [
        (name, value)
        for name, value in found
        if value not in (None, "") and not isinstance(value, (dict, list))
    ]


def _moment(value: Any) -> Any:
    """Read a moment of the context, which another system may have written."""
    try:
        return parse_datetime(str(value)) or value
    except ValueError:
        return value
