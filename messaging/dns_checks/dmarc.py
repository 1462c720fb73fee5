"""What mailboxes are asked to do with mail that is not the domain's (RFC 7489)."""

from django.utils.translation import gettext as _

from messaging.dns_checks.asking import Questions, tags_of
from messaging.dns_checks.findings import Finding, Verdict


def check_dmarc(questions: Questions, domain: str) -> Finding:
    """Check the policy of the domain, or of the nearest one above that has any."""
    for name in _domain_and_above(domain):
        records = [
            text
            for text in questions.texts(f"_dmarc.{name}")
            if text.lower().replace(" ", "").startswith("v=dmarc1")
        ]
        if len(records) > 1:
            words = _(
                "_dmarc.%(name)s has %(count)s DMARC records; mailboxes then obey"
                " none. Leave one."
            )
            values = {"name": name, "count": len(records)}
            seen = " | ".join(records)
            return Finding("DMARC", Verdict.BAD, words % values, seen=seen)
        if records:
            return _judge(records[0], is_own=name == domain)
    words = _(
        "There is no DMARC record. Large mailbox providers demand one of whoever sends"
        " much. Begin with one that only watches, at an address that you read."
    )
    wanted = f'_dmarc.{domain} TXT "v=DMARC1; p=none; rua=mailto:dmarc@{domain}"'
    return Finding("DMARC", Verdict.BAD, words, wanted=wanted)


def _judge(record: str, *, is_own: bool) -> Finding:
    tags = tags_of(record)
    policy = tags.get("p", "").lower()
    if not is_own:
        policy = tags.get("sp", policy).lower()
    match policy:
        case "quarantine" | "reject":
            words = _("DMARC asks mailboxes to keep forgeries away.")
            verdict = Verdict.GOOD
        case "none":
            words = _(
                "DMARC only watches (p=none), so forgeries in your name still arrive."
                " Once the reports show nothing but your own mail, change it to"
                " p=quarantine."
            )
            verdict = Verdict.WARNING
        case _other:
            words = _(
                "The DMARC record has no policy that mailboxes know. Write p=none,"
                " p=quarantine or p=reject."
            )
            verdict = Verdict.BAD
    if "rua" not in tags:
        words += " " + _("No address gets its reports; add rua=mailto: and one.")
    return Finding("DMARC", verdict, words, seen=record)


def _domain_and_above(domain: str) -> list[str]:
    labels = domain.split(".")
    return [".".join(labels[start:]) for start in range(max(len(labels) - 1, 1))]
