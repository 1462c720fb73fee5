from automations.admin.automation import AutomationAdmin
from automations.admin.run import AutomationRunAdmin

__all__ = ["AutomationAdmin", "AutomationRunAdmin"]
