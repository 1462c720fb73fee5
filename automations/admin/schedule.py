"""The questions of the cron builder, as a query string."""

from datetime import datetime
from typing import Any

from django.http import QueryDict

from automations.cron import CronError
from automations.cron_form import read_form
from automations.preview import preview_cron, preview_form, preview_moment


def preview(query: QueryDict, now: datetime) -> dict[str, Any]:
    """Answer ?mode=… (the builder), ?run_at=… (once) or ?cron=…, with &timezone=…."""
    values = {name: str(query[name]) for name in query}
    zone_name = values.get("timezone", "UTC")
    if "mode" in query:
        try:
            form = read_form(values, [str(day) for day in query.getlist("weekday")])
        except CronError as error:
            return {"cron": "", "error": str(error)}
        return preview_form(form, zone_name, now)
    if "run_at" in query:
        return preview_moment(values["run_at"], zone_name, now)
    return preview_cron(values.get("cron", ""), zone_name, now)
