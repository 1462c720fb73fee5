"""What is known about automations without changing them."""

from django.utils.translation import gettext as _

from messaging.models import MessageTemplate


def template_problem(template: MessageTemplate) -> str:
    """Say why a template cannot be sent by an automation, or nothing."""
    if template.type != MessageTemplate.Channel.EMAIL:
        return _("%(channel)s sending is not available yet.") % {
            "channel": template.get_type_display()
        }
    if template.current_version_id is None:
        return _(
            "This template cannot be sent yet: open it, mend its errors and save it."
        )
    return ""
