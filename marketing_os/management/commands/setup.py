import os
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand

from customers.models import Customer
from marketing_os.packs import load_pack
from marketing_os.roles import make_roles
from messaging.channels import chosen_channel
from segments.services import prepare_segment_access

DEMO_PACK = "next_campus"


class Command(BaseCommand):
    help = "Bring a migrated database into the state that the product runs in."
    # What the checks find wrong with the role of SQL segments is mended here.
    requires_system_checks: tuple[str, ...] = ()

    def handle(self, *args: Any, **options: Any) -> None:
        if made := make_roles():
            self.stdout.write(f"Made the groups {', '.join(made)}.")
        prepare_segment_access()
        self._make_administrator(os.environ.get("ADMIN_PASSWORD", ""))
        if os.environ.get("DEMO") == "1":
            self._load_demo()

    def _make_administrator(self, password: str) -> None:
        """Make “admin” with this password; an existing one gets it if it was chosen."""
        admin = get_user_model().objects.filter(username="admin").first()
        if not password or (admin is not None and admin.check_password(password)):
            return
        if admin is None:
            get_user_model().objects.create_superuser(
                "admin", "admin@example.org", password
            )
            self.stdout.write("Made the administrator “admin”.")
        elif os.environ.get("ADMIN_PASSWORD_CHOSEN", "1") == "1":
            admin.set_password(password)
            admin.save(update_fields=["password"])
            self.stdout.write("Set the password of “admin”.")
        else:
            self.stdout.write("“admin” keeps the password that was set before.")

    def _load_demo(self) -> None:
        """Fill an empty system with made-up customers, whose mail stays here."""
        if Customer.objects.exists():
            return
        if chosen_channel() != "mailbox":
            self.stdout.write(
                "The demo is left out, because mail would leave this machine. "
                "Set MAIL_CHANNEL=mailbox to have it."
            )
            return
        load_pack(DEMO_PACK, self.stdout.write)
