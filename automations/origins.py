"""Where dispatches came from, when an automation, its run or a workflow asked for them."""

from automations.models import Automation, AutomationRun, Workflow, WorkflowVersion
from automations.workflows.numbers import step_name
from marketing_os.lib.registry import Origin, registry


def origin_of_run(key: str) -> Origin | None:
    """Tell the run of “RUN”."""
    runs = AutomationRun.objects.select_related("automation")
    run = runs.filter(pk=_number(key)).first()
    return Origin(str(run), run.get_absolute_url()) if run else None


def origin_of_series(key: str) -> Origin | None:
    """Tell the automation of “AUTOMATION”."""
    automation = Automation.objects.filter(pk=_number(key)).first()
    if automation is None:
        return None
    return Origin(automation.name, automation.get_absolute_url())


def origin_of_version(key: str) -> Origin | None:
    """Tell the workflow and step of “VERSION:STEP”."""
    number, _colon, step_id = key.partition(":")
    versions = WorkflowVersion.objects.select_related("workflow")
    version = versions.filter(pk=_number(number)).first()
    return _step(version, step_id) if version else None


def origin_of_step(key: str) -> Origin | None:
    """Tell the workflow and step of “WORKFLOW:STEP”, by its newest version."""
    number, _colon, step_id = key.partition(":")
    workflow = Workflow.objects.filter(pk=_number(number)).first()
    version = workflow.current_version if workflow else None
    return _step(version, step_id) if version else None


def _step(version: WorkflowVersion, step_id: str) -> Origin:
    workflow = version.workflow
    return Origin(step_name(version, step_id), workflow.get_absolute_url())


def _number(text: str) -> int:
    """Read an ID; 0, which nothing has, for what is none."""
    is_number = text.isascii() and text.isdecimal() and len(text) < 19
    return int(text) if is_number else 0


registry.origins["automation"] = origin_of_series
registry.origins["automation-run"] = origin_of_run
registry.origins["workflow"] = origin_of_version
registry.origins["workflow-step"] = origin_of_step
