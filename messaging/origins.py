"""Where dispatches came from, when another system asked for their messages."""

from django.utils.translation import gettext as _

from marketing_os.lib.registry import Origin, registry
from messaging.models import MessageTemplate
from messaging.services.transactional import ORIGIN


def origin_of_messages(rest: str) -> Origin | None:
    template = MessageTemplate.objects.filter(pk=rest).first()
    if template is None:
        return None
    return Origin(_("Messages asked for by the API"), template.get_absolute_url())


registry.origins[ORIGIN] = origin_of_messages
