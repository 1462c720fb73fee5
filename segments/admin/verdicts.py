"""Why a customer is in a segment, or is not: condition by condition."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Customer
from marketing_os.lib.errors import DomainError
from segments import selectors, services
from segments.admin.frame import VIEW_CUSTOMERS, page
from segments.conditions.words import value_words
from segments.models import Segment

if TYPE_CHECKING:
    from segments.admin.segment import SegmentAdmin

# In the order in which they are said.
_SEEN_WORDS: dict[str, Any] = {
    "times": gettext_lazy("done %s×"),
    "amount": gettext_lazy("%s in amount"),
    "last": gettext_lazy("last %s"),
    "stage": gettext_lazy("%s"),
    "since": gettext_lazy("since %s"),
    "received": gettext_lazy("%s received"),
    "opened": gettext_lazy("%s opened"),
    "clicked": gettext_lazy("%s clicked"),
}


@dataclass(frozen=True)
class SegmentVerdict:
    """What is known of one customer in one segment. `matches` is None when nothing."""

    segment: Segment
    matches: bool | None = None
    verdicts: tuple[services.Verdict, ...] = ()
    error: str = ""
    words: str = ""

    @property
    def rows(self) -> list[tuple[services.Verdict, str]]:
        return [(verdict, seen_words(verdict.seen)) for verdict in self.verdicts]


def explain(
    model_admin: "SegmentAdmin", request: HttpRequest, segment: Segment
) -> HttpResponse:
    """Explain one segment for the customer that is asked for."""
    if not request.user.has_perm(VIEW_CUSTOMERS):
        raise PermissionDenied
    text = request.GET.get("customer", "")
    context: dict[str, Any] = {"text": text}
    if text:
        try:
            customer = services.find_customer(text)
        except DomainError as error:
            context["error"] = str(error)
        else:
            context["customer"] = customer
            context["verdict"] = _verdict(request, segment, customer)
    return page(model_admin, request, segment, "admin/segments/explain.html", context)


def of_customer(
    model_admin: "SegmentAdmin", request: HttpRequest, pk: int
) -> HttpResponse:
    """Show every segment for one customer; conditions are asked now."""
    if not (
        model_admin.has_view_or_change_permission(request)
        and request.user.has_perm(VIEW_CUSTOMERS)
    ):
        raise PermissionDenied
    customer = Customer.objects.active().filter(pk=pk).first()
    if customer is None:
        raise Http404(_("This customer does not exist any more."))
    segments = selectors.segments_with_counts()
    return model_admin.page(
        request,
        "admin/segments/of_customer.html",
        {
            "title": _("Segments of %s") % customer,
            "customer": customer,
            "found": [_verdict(request, segment, customer) for segment in segments],
        },
    )


def _verdict(
    request: HttpRequest, segment: Segment, customer: Customer
) -> SegmentVerdict:
    if segment.type != Segment.Type.CONDITIONS:
        return SegmentVerdict(segment, _is_known(segment, customer))
    try:
        tree = services.tree_of(segment)
        found = services.explain(
            tree,
            customer,
            by=request.user,  # type: ignore[arg-type]
        )
    except DomainError as error:
        return SegmentVerdict(segment, error=str(error))
    return SegmentVerdict(segment, found.matches, found.verdicts, words=tree.words())


def _is_known(segment: Segment, customer: Customer) -> bool | None:
    was_looked_up = segment.counted_at is not None  # type: ignore[attr-defined]
    if segment.type != Segment.Type.MANUAL and not was_looked_up:
        return None
    return selectors.known_customers(segment).filter(pk=customer.pk).exists()


def seen_words(seen: Any) -> str:
    """Say what a condition saw: a value of JSON, or several with names."""
    if seen is None:
        return _("nothing")
    if isinstance(seen, dict):
        parts = [
            str(words) % _plain(seen[key])
            for key, words in _SEEN_WORDS.items()
            if seen.get(key) is not None
        ]
        return ", ".join(parts)
    return _plain(seen)


def _plain(value: Any) -> str:
    moment = _moment(value)
    if moment is not None:
        return date_format(localtime(moment), "j M Y, H:i")
    if isinstance(value, str):
        return value or "“”"
    return value_words(value)


def _moment(value: Any) -> Any:
    try:
        return (
            parse_datetime(value) if isinstance(value, str) and "T" in value else None
        )
    except ValueError:
        return None
