import os
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand

from marketing_os.roles import make_roles
from segments.services import prepare_segment_access


class Command(BaseCommand):
    help = "Bring a migrated database into the state that the product runs in."

    def handle(self, *args: Any, **options: Any) -> None:
        if made := make_roles():
            self.stdout.write(f"Made the groups {', '.join(made)}.")
        prepare_segment_access()
        self._make_administrator(os.environ.get("ADMIN_PASSWORD", ""))

    def _make_administrator(self, password: str) -> None:
        user_model = get_user_model()
        if not password or user_model.objects.filter(username="admin").exists():
            return
        user_model.objects.create_superuser("admin", "admin@example.org", password)
        self.stdout.write("Made the administrator “admin”.")
