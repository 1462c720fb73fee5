from automations.admin.tasks import panel  # noqa: F401
from automations.admin.tasks.list import StaffTaskAdmin

__all__ = ["StaffTaskAdmin"]
