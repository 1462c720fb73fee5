"""What came of all the runs of an automation."""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from automations.models import Automation
from automations.services import series_of
from marketing_os.lib.admin import ModelAdmin
from marketing_os.lib.registry import Origin
from messaging.admin.links import require_permission
from messaging.admin.results import export_view, page_of_results
from messaging.results.scope import of_series


def show(
    model_admin: ModelAdmin, request: HttpRequest, automation: Automation
) -> HttpResponse | HttpResponseBase:
    """Show the results of an automation, or answer with them as a file."""
    require_permission(request, "messaging.view_dispatch")
    scope = of_series(automation.name, series_of(automation))
    if request.method == "POST":
        return export_view(request, scope)
    context = {
        "title": _("Results of “%(name)s”") % {"name": automation.name},
        "original": automation,
        "about": Origin(automation.name, automation.get_absolute_url()),
        "export_url": reverse(
            "admin:automations_automation_results", args=(automation.pk,)
        ),
        **page_of_results(request, scope),
    }
    return model_admin.page(request, "messaging/results_page.html", context)
