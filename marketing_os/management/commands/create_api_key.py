from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from marketing_os.lib.api.keys import SCOPES, create_key
from marketing_os.lib.errors import DomainError


class Command(BaseCommand):
    help = "Make an API key and print it; it cannot be shown again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="Who uses the key, such as “website”.")
        parser.add_argument(
            "--scope",
            nargs="+",
            action="extend",
            required=True,
            metavar="SCOPE",
            help=f"What it may do: {', '.join(SCOPES)}.",
        )
        parser.add_argument(
            "--test",
            action="store_true",
            help="The key checks everything and stores nothing.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            _key, secret = create_key(
                options["name"], options["scope"], is_test=options["test"]
            )
        except DomainError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(secret)
