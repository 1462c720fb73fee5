import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from marketing_os.lib.errors import DomainError
from marketing_os.packs import ALL, PACKS, load_pack


class Command(BaseCommand):
    help = "Load a ready-made system of made-up data; what is there already stays."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        known = f"One of: {', '.join(PACKS)}; or {ALL}."
        parser.add_argument("name", metavar="NAME", help=known)
        parser.add_argument(
            "--without-people",
            action="store_true",
            help="Only templates, segments, automations and workflows, for people of"
            " your own.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            load_pack(
                options["name"],
                self.stdout.write,
                with_people=not options["without_people"],
            )
        except DomainError as error:
            raise CommandError(str(error)) from error
