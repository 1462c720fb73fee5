"""Whether the DNS lets mailboxes trust a sender: SPF, DKIM and DMARC."""

from collections.abc import Callable

from messaging.dns_checks.asking import DnsSilentError, Questions
from messaging.dns_checks.dkim import check_dkim
from messaging.dns_checks.dmarc import check_dmarc
from messaging.dns_checks.findings import Finding, Verdict
from messaging.dns_checks.spf import check_spf

__all__ = ["Finding", "Verdict", "check_domain"]


def check_domain(domain: str, *, selector: str, channel: str) -> list[Finding]:
    """Ask the DNS about a sender's domain; one finding each, within ten seconds.

    `selector` names the DKIM key, `channel` the way that mail takes. Without a network
    the findings say so.
    """
    questions = Questions()
    checks: tuple[tuple[str, Callable[[], Finding]], ...] = (
        ("SPF", lambda: check_spf(questions, domain, channel)),
        ("DKIM", lambda: check_dkim(questions, domain, selector)),
        ("DMARC", lambda: check_dmarc(questions, domain)),
    )
    findings = []
    for kind, check in checks:
        try:
            findings.append(check())
        except DnsSilentError as error:
            findings.append(Finding(kind, Verdict.UNKNOWN, str(error)))
    return findings
