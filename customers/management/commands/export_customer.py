from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from customers.models import Customer
from customers.services import export_customer


class Command(BaseCommand):
    help = "Print all that is held about a customer as JSON."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("id", type=int, help="The customer's ID.")
        parser.add_argument("--output", type=Path, help="Write to this file instead.")

    def handle(self, *args: Any, **options: Any) -> None:
        customer = Customer.objects.filter(pk=options["id"]).first()
        if customer is None:
            raise CommandError("There is no customer with this ID.")
        text = export_customer(customer, by=None)
        if options["output"] is None:
            self.stdout.write(text)
            return
        try:
            options["output"].write_text(text, encoding="utf-8")
        except OSError as error:
            raise CommandError(f"The file cannot be written: {error}") from None
