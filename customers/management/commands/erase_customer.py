from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from customers.models import Customer
from customers.services import count_held, erase_customer


class Command(BaseCommand):
    help = "Forget who a customer is, everywhere and for good; asks before."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("id", type=int, help="The customer's ID.")
        parser.add_argument(
            "--yes", action="store_true", help="Erase without asking; for scripts."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        customer = Customer.objects.filter(pk=options["id"]).first()
        if customer is None:
            raise CommandError("There is no customer with this ID.")
        if not options["yes"]:
            self._ask(customer)
        erase_customer(customer, by=None)
        self.stdout.write(f"Customer {customer.pk} is erased.")

    def _ask(self, customer: Customer) -> None:
        self.stdout.write(f"This is known about customer {customer.pk}:")
        for kind, count in count_held(customer).items():
            self.stdout.write(f"  {kind.replace('_', ' ')}: {count:,}")
        try:
            answer = input("It cannot be undone. Enter the ID again to erase: ")
        except EOFError:
            answer = ""
        if answer.strip() != str(customer.pk):
            raise CommandError("Nothing was erased.")
