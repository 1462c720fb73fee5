"""The public key with which mailboxes verify a signature (RFC 6376)."""

import base64
import binascii

from django.utils.translation import gettext as _

from messaging.dns_checks.asking import Questions, tags_of
from messaging.dns_checks.findings import Finding, Verdict

# An RSA key of 1,024 bits has 162 bytes with its wrapping, one of 2,048 bits 294.
_SHORT_KEY_BYTES = 200


def check_dkim(questions: Questions, domain: str, selector: str) -> Finding:
    """Check the key that the selector names."""
    if not selector:
        words = _(
            "No DKIM selector is given, so the key cannot be looked for. Your mail"
            " provider names it, such as “resend”; write it down here."
        )
        return Finding("DKIM", Verdict.WARNING, words)
    name = f"{selector}._domainkey.{domain}"
    keys = [text for text in questions.texts(name) if "p" in tags_of(text)]
    if not keys:
        words = _(
            "There is no DKIM key at %(name)s, so signatures cannot be verified."
            " Publish the one that your mail provider shows, or mend the selector."
        )
        return Finding(
            "DKIM",
            Verdict.BAD,
            words % {"name": name},
            wanted=f'{name} TXT "v=DKIM1; k=rsa; p=…"',
        )
    return _judge(keys[0])


def _judge(record: str) -> Finding:
    tags = tags_of(record)
    try:
        key = base64.b64decode("".join(tags["p"].split()), validate=True)
    except (binascii.Error, ValueError):
        words = _("The DKIM key cannot be read. Copy it anew from your mail provider.")
        return Finding("DKIM", Verdict.BAD, words, seen=record)
    if not key:
        words = _("The DKIM key was revoked: its p= is empty. Publish a new one.")
        return Finding("DKIM", Verdict.BAD, words, seen=record)
    if "y" in tags.get("t", "").split(":"):
        words = _(
            "The DKIM key is marked as a test (t=y), so some mailboxes do not count"
            " it. Take that away."
        )
        return Finding("DKIM", Verdict.WARNING, words, seen=record)
    if tags.get("k", "rsa") == "rsa" and len(key) < _SHORT_KEY_BYTES:
        words = _(
            "The DKIM key is short. Ask your mail provider for one of 2,048 bits."
        )
        return Finding("DKIM", Verdict.WARNING, words, seen=record)
    words = _("The DKIM key is there.")
    return Finding("DKIM", Verdict.GOOD, words, seen=record)
