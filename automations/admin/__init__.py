from automations.admin.automation import AutomationAdmin
from automations.admin.run import AutomationRunAdmin
from automations.admin.tasks import StaffTaskAdmin

__all__ = ["AutomationAdmin", "AutomationRunAdmin", "StaffTaskAdmin"]
