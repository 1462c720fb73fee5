from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from automations.admin.badges import badge
from automations.models import Workflow


def workflow_badge(workflow: Workflow) -> SafeString:
    """Show whether a workflow lets members in."""
    if workflow.archived_at:
        return badge("", _("Archived"))
    return (
        badge("good", _("Enabled")) if workflow.is_enabled else badge("", _("Disabled"))
    )
