"""Where a dispatch came from, when an automation's run asked for it."""

from automations.models import AutomationRun
from marketing_os.lib.registry import Origin, registry


def origin_of_run(pk: int) -> Origin | None:
    run = AutomationRun.objects.select_related("automation").filter(pk=pk).first()
    return Origin(str(run), run.get_absolute_url()) if run else None


registry.origins["automation-run"] = origin_of_run
