"""Which servers may send for a domain (RFC 7208)."""

from dataclasses import dataclass, field

from django.conf import settings
from django.utils.translation import gettext as _

from messaging.dns_checks.asking import Questions
from messaging.dns_checks.findings import Finding, Verdict

# Receivers give up after so many further look-ups (RFC 7208, 4.6.4).
_MOST_LOOKUPS = 10
# Where the bounces of a provider go, below the domain, and whom that must include.
_PROVIDERS = {
    "resend": ("send.", "amazonses.com"),
    "brevo": ("", "spf.brevo.com"),
    "mailersend": ("", "_spf.mailersend.net"),
    "mailgun": ("", "mailgun.org"),
    "mailjet": ("", "spf.mailjet.com"),
    "mandrill": ("", "spf.mandrillapp.com"),
}


@dataclass
class _Walk:
    """What is met on the way through a record and those it includes."""

    questions: Questions
    lookups: int = 0
    includes: set[str] = field(default_factory=set)

    def through(self, record: str) -> None:
        for term in record.lower().split()[1:]:
            name = term.lstrip("+-~?")
            if not _looks_up(name):
                continue
            self.lookups += 1
            if self.lookups > _MOST_LOOKUPS:
                return
            if name.startswith(("include:", "redirect=")):
                target = name.replace("redirect=", "include:").partition(":")[2]
                self.includes.add(target.rstrip("."))
                for inner in _records(self.questions, target)[:1]:
                    self.through(inner)


def check_spf(questions: Questions, domain: str, channel: str) -> Finding:
    """Check the record that says which servers may send for the domain."""
    prefix, include = _PROVIDERS.get(channel, ("", settings.SPF_INCLUDE))
    include = settings.SPF_INCLUDE or include
    name = f"{prefix}{domain}"
    wanted = f'{name} TXT "v=spf1 {_include(include)}~all"'
    records = _records(questions, name)
    if not records:
        words = _(
            "%(name)s has no SPF record, so mailboxes cannot tell your server from"
            " others. Publish one."
        )
        return Finding("SPF", Verdict.BAD, words % {"name": name}, wanted=wanted)
    if len(records) > 1:
        words = _(
            "%(name)s has %(count)s SPF records; mailboxes then obey none. Join them"
            " to one."
        )
        values = {"name": name, "count": len(records)}
        return Finding("SPF", Verdict.BAD, words % values, seen=" | ".join(records))
    return _judge(questions, name, records[0], include, wanted)


def _judge(
    questions: Questions, name: str, record: str, include: str, wanted: str
) -> Finding:
    walk = _Walk(questions)
    walk.through(record)
    if walk.lookups > _MOST_LOOKUPS:
        words = _(
            "The SPF record needs more than ten look-ups, at which mailboxes give up."
            " Leave out what you do not use."
        )
        return Finding("SPF", Verdict.BAD, words, seen=record)
    if _lets_everybody(record):
        words = _(
            "The SPF record lets every server in the world send for you. End it"
            " with ~all or -all."
        )
        return Finding("SPF", Verdict.BAD, words, seen=record, wanted=wanted)
    if include and include not in walk.includes:
        words = _(
            "The SPF record of %(name)s does not include %(include)s, through which"
            " your mail goes. Add include:%(include)s before its end."
        )
        values = {"name": name, "include": include}
        return Finding("SPF", Verdict.BAD, words % values, seen=record, wanted=wanted)
    if not include:
        words = _(
            "There is one SPF record, and it can be read. Make sure that it names the"
            " servers of your mail provider."
        )
        return Finding("SPF", Verdict.GOOD, words, seen=record)
    words = _("The SPF record names the servers of your mail provider.")
    return Finding("SPF", Verdict.GOOD, words, seen=record)


def _records(questions: Questions, name: str) -> list[str]:
    return [
        text
        for text in questions.texts(name)
        if text.lower().split(" ", 1)[0] == "v=spf1"
    ]


def _looks_up(name: str) -> bool:
    return name.split("/")[0] in ("a", "mx", "ptr") or name.startswith(
        ("include:", "exists:", "redirect=", "a:", "mx:", "ptr:")
    )


def _lets_everybody(record: str) -> bool:
    return bool({"all", "+all"} & set(record.lower().split()))


def _include(include: str) -> str:
    return f"include:{include} " if include else ""
