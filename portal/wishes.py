"""What members ask of staff about their own data."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from marketing_os.lib.registry import registry


class Wish(models.TextChoices):
    """What a member may ask for; the label is what staff read."""

    COPY = "copy", _("The member asks for a copy of their data: export it and send it.")
    ERASE = "erase", _("The member asks to be erased: check who it is, then erase.")


def ask_for(customer: Customer, wish: Wish) -> None:
    """Let staff know what a member asks for; the same twice a day is one task."""
    key = f"member:{customer.pk}:{wish.value}:{timezone.localdate()}"
    for ask in registry.staff_requests:
        ask(str(wish.label), customer, key)
