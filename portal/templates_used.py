"""Which template the public page sends."""

from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import gettext as _

from marketing_os.lib.registry import Origin, registry
from portal.models import PublicPage


def page_that_sends(template_id: int) -> Iterable[Origin]:
    """Name the public page if it sends a template."""
    if PublicPage.objects.filter(link_template_id=template_id).exists():
        yield Origin(_("The public page"), reverse("admin:portal_publicpage"))


registry.template_uses.append(page_that_sends)
