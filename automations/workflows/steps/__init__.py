"""Every kind of step; importing this package enters them all."""

from automations.workflows.steps import (  # noqa: F401
    attributes,
    branch,
    exits,
    offers,
    sending,
    tags,
    tasks,
    waits,
    webhook,
)
from automations.workflows.steps.base import NOT_YET, STEPS, Step
from automations.workflows.steps.branch import Branch

__all__ = ["NOT_YET", "STEPS", "Branch", "Step"]
