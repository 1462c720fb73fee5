from automations.admin.automation import AutomationAdmin
from automations.admin.enrolments import EnrolmentAdmin
from automations.admin.logs import AutomationLogAdmin
from automations.admin.run import AutomationRunAdmin
from automations.admin.tasks import StaffTaskAdmin
from automations.admin.webhooks import WebhookCallAdmin, WebhookEndpointAdmin
from automations.admin.workflow import WorkflowAdmin

__all__ = [
    "AutomationAdmin",
    "AutomationLogAdmin",
    "AutomationRunAdmin",
    "EnrolmentAdmin",
    "StaffTaskAdmin",
    "WebhookCallAdmin",
    "WebhookEndpointAdmin",
    "WorkflowAdmin",
]
