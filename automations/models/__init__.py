from automations.models.automation import Automation, AutomationRun
from automations.models.forecast import Forecast
from automations.models.look import WorkflowLook
from automations.models.task import StaffTask, TaskComment
from automations.models.webhook import WebhookCall, WebhookEndpoint
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
    "TaskComment",
    "WebhookCall",
    "WebhookEndpoint",
    "Workflow",
    "WorkflowLook",
    "WorkflowVersion",
]
