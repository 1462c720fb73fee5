"""Where dispatches came from, when an automation or its run asked for them."""

from automations.models import Automation, AutomationRun
from marketing_os.lib.registry import Origin, registry


def origin_of_run(pk: int) -> Origin | None:
    run = AutomationRun.objects.select_related("automation").filter(pk=pk).first()
    return Origin(str(run), run.get_absolute_url()) if run else None


def origin_of_series(pk: int) -> Origin | None:
    automation = Automation.objects.filter(pk=pk).first()
    if automation is None:
        return None
    return Origin(automation.name, automation.get_absolute_url())


registry.origins["automation"] = origin_of_series
registry.origins["automation-run"] = origin_of_run
