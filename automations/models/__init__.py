from automations.models.automation import Automation, AutomationRun
from automations.models.forecast import Forecast
from automations.models.task import StaffTask
from automations.models.workflow import (
    AutomationLog,
    Enrolment,
    Workflow,
    WorkflowVersion,
)

__all__ = [
    "Automation",
    "AutomationLog",
    "AutomationRun",
    "Enrolment",
    "Forecast",
    "StaffTask",
    "Workflow",
    "WorkflowVersion",
]
