"""What lower apps and the portal ask of staff becomes a task."""

from automations.services.tasks import ask_staff
from marketing_os.lib.registry import registry

registry.staff_requests.append(ask_staff)
