from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from messaging.channels import chosen_channel
from messaging.dns_checks import Finding, Verdict, check_domain
from messaging.models import Sender
from messaging.services.senders import check_dns


class Command(BaseCommand):
    help = (
        "Ask the DNS whether mailboxes can trust the senders: SPF, DKIM and DMARC. Ends"
        " with an error where something is to be mended."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("address", nargs="*", help="only these senders")

    def handle(self, *args: Any, **options: Any) -> None:
        bad = 0
        for address, findings in _checked(options["address"]):
            self.stdout.write(address)
            for finding in findings:
                self.stdout.write(f"  {finding.kind:<6}{finding.sentence}")
                for name in ("seen", "wanted"):
                    if record := getattr(finding, name):
                        self.stdout.write(f"        {name}: {record}")
                bad += finding.verdict == Verdict.BAD
        if bad:
            raise CommandError(f"{bad} to be mended.")


def _checked(addresses: list[str]) -> list[tuple[str, list[Finding]]]:
    """Ask about these senders, or about all and the default one."""
    senders = {one.address.lower(): one for one in Sender.objects.all()}
    default = settings.DEFAULT_FROM_EMAIL.lower()
    wanted = [address.lower() for address in addresses] or [*senders, default]
    found = []
    for address in dict.fromkeys(wanted):
        if address in senders:
            sender = check_dns(senders[address])
            found.append((address, [Finding(**one) for one in sender.findings]))
        elif address == default:
            domain = default.rpartition("@")[2]
            findings = check_domain(domain, selector="", channel=chosen_channel())
            found.append((address, findings))
        else:
            raise CommandError(f"“{address}” is not a sender.")
    return found
