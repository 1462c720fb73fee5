from automations.admin.workflow import panel  # noqa: F401
from automations.admin.workflow.workflow import WorkflowAdmin

__all__ = ["WorkflowAdmin"]
