from automations.admin.workflow.workflow import WorkflowAdmin

__all__ = ["WorkflowAdmin"]
