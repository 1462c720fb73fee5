"""The report on a funnel: who gets how far, as chart, table and file."""

import hashlib
from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from customers.selectors import visible_definitions
from funnel.models import FunnelEvent
from funnel.report import ATTRIBUTE, MONTH, Part, Report, Split, Step, funnel_report
from marketing_os.lib.admin_site import site_page
from marketing_os.lib.exporting import FileFormat, export_response
from marketing_os.lib.filters import SENSIBLE_DAYS, style
from marketing_os.lib.kept import kept
from marketing_os.lib.registry import registry

VIEW, EXPORT = "funnel.view_funnelevent", "funnel.export_funnelevent"
# Figures of very many customers take a while; nobody waits longer.
_LIMIT_MS = 20_000
_NAMES = {
    "other": gettext_lazy("Other values"),
    "unknown": gettext_lazy("Not known"),
    "all": gettext_lazy("All"),
}


class ReportForm(forms.Form):
    """Asks for a funnel, by what to tell its customers apart, and since when."""

    funnel = forms.ChoiceField(
        label=gettext_lazy("Funnel"),
        choices=FunnelEvent.FunnelType.choices,
    )
    by = forms.ChoiceField(label=gettext_lazy("Tell apart by"), required=False)
    from_day = forms.DateField(
        label=gettext_lazy("Came from"),
        required=False,
        validators=SENSIBLE_DAYS,
        widget=forms.DateInput({"type": "date"}),
    )
    to_day = forms.DateField(
        label=gettext_lazy("Came to"),
        required=False,
        validators=SENSIBLE_DAYS,
        widget=forms.DateInput({"type": "date"}),
    )

    def __init__(self, data: Any, user: Any) -> None:
        asked = {name: data.get(name, "") for name in self.base_fields}
        super().__init__(asked | {"funnel": asked["funnel"] or _funnel_in_use()})
        definitions = visible_definitions(
            sensitive=user.has_perm("customers.view_sensitive")
        )
        choice: Any = self.fields["by"]
        choice.choices = [
            ("", _("Nothing: all together")),
            (MONTH, _("Month of the first stage")),
            (
                _("Attributes"),
                [
                    (f"{ATTRIBUTE}:{one.name}", one.label or one.name)
                    for one in definitions
                ],
            ),
        ]
        for field in self.fields.values():
            style(field.widget)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        first, last = cleaned.get("from_day"), cleaned.get("to_day")
        if first and last and first > last:
            self.add_error("to_day", _("This is before the first day."))
        return cleaned

    @property
    def funnel_type(self) -> str:
        return str(self.cleaned_data["funnel"])

    @property
    def split(self) -> Split:
        by, _colon, attribute = self.cleaned_data["by"].partition(":")
        return Split(by, attribute)

    def report(self) -> Report | None:
        """Return the report, None where nobody moved; raises TimeoutError."""
        asked = (
            self.funnel_type,
            self.split,
            self.cleaned_data["from_day"],
            self.cleaned_data["to_day"],
        )
        key = hashlib.sha256(repr(asked).encode()).hexdigest()
        found = kept(
            f"funnel.report.{key}",
            lambda: (funnel_report(*asked[:2], since=asked[2], until=asked[3]),),
            limit_ms=_LIMIT_MS,
        )
        if found is None:
            raise TimeoutError
        return found[0]


def _funnel_in_use() -> str:
    """Return the first funnel that anybody moved in, conversions before others."""
    kinds = FunnelEvent.FunnelType
    order = (kinds.CONVERSION, kinds.SALES, kinds.SERVICE_DELIVERY)
    for kind in order:
        if FunnelEvent.objects.filter(funnel_type=kind).exists():
            return kind.value
    return kinds.CONVERSION.value


def report_urls() -> list[URLPattern]:
    """Return the addresses of the report on a funnel."""
    wrap = admin.site.admin_view
    return [
        path("funnel/report/", wrap(report_view), name="funnel_report"),
        path(
            "funnel/report/export/",
            wrap(require_POST(export_view)),
            name="funnel_report_export",
        ),
    ]


def report_view(request: HttpRequest) -> HttpResponse:
    if not request.user.has_perm(VIEW):
        raise PermissionDenied
    form = ReportForm(request.GET, request.user)
    context: dict[str, Any] = {"form": form}
    if form.is_valid():
        context |= _figures(form)
    context = {
        "title": _("Funnel report"),
        "may_export": request.user.has_perm(EXPORT),
        "asked": request.GET.urlencode(),
        **context,
    }
    return site_page(request, "admin/funnel/report.html", context)


def _figures(form: ReportForm) -> dict[str, Any]:
    try:
        report = form.report()
    except TimeoutError:
        return {"is_too_slow": True}
    kind = FunnelEvent.FunnelType(form.funnel_type)
    chosen = dict(form.fields["funnel"].choices)[kind.value]  # type: ignore[attr-defined]
    found = {"report": report, "funnel": chosen, "is_empty": report is None}
    if report is None:
        return found
    highest = max(max(step.count for step in report.whole.steps), 1)
    return found | {
        "bars": [(step, 100 * step.count / highest) for step in report.whole.steps],
        "parts": [(name_of(part), part) for part in report.parts],
        "is_by_month": form.split.by == MONTH,
    }


def name_of(part: Part) -> str:
    """Say whom a part of a report holds."""
    return str(_NAMES.get(part.kind, part.value))


def export_view(request: HttpRequest) -> HttpResponseBase:
    """Answer with the figures of the report as a file."""
    if not (request.user.has_perm(VIEW) and request.user.has_perm(EXPORT)):
        raise PermissionDenied
    form = ReportForm(request.POST, request.user)
    if not form.is_valid():
        return redirect("admin:funnel_report")
    try:
        report = form.report()
    except TimeoutError:
        report = None
    wanted = request.POST.get("format", "")
    file_format = FileFormat(wanted) if wanted in list(FileFormat) else FileFormat.CSV
    return export_response(
        _lines(report) if report else (),
        _COLUMNS,
        file_format,
        what=f"funnel report {form.funnel_type}",
        by=request.user.get_username(),
    )


def _lines(report: Report) -> Iterator[tuple[Part, Step]]:
    for part in (report.whole, *report.parts):
        for step in part.steps:
            yield part, step


_COLUMNS = (
    ("customers", lambda line: name_of(line[0])),
    ("stage", lambda line: line[1].name),
    ("count", lambda line: line[1].count),
    ("percent_of_stage_before", lambda line: _rounded(line[1].rate, 2)),
    ("percent_of_first_stage", lambda line: _rounded(line[1].whole_rate, 2)),
    ("median_days_since_stage_before", lambda line: _rounded(line[1].days, 3)),
)


def _rounded(figure: float | None, digits: int) -> float | None:
    return None if figure is None else round(figure, digits)


registry.admin_pages.append(report_urls)
