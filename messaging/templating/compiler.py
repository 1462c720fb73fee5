"""From what an author wrote to what is sent, once per saved version."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from django.utils.translation import gettext as _

from messaging.models import MessageTemplate
from messaging.templating import footer, limits, lint
from messaging.templating.checks import (
    character_problems,
    expression_problems,
    unknown_names,
)
from messaging.templating.email_html import compile_page, read_markup
from messaging.templating.problems import Problem, TemplateProblems
from messaging.templating.programs import Use, uses_of
from messaging.templating.render import Programs, read_programs
from messaging.templating.sandbox import TEXT
from messaging.templating.tags import Scan, free_prefix, scan_tags, unconditional
from messaging.templating.tracked import Link

COMPILER_VERSION = f"3+mjml-{version('mjml')}"

__all__ = [
    "COMPILER_VERSION",
    "Compiled",
    "Problem",
    "Source",
    "TemplateProblems",
    "compile_message",
]

Channel = MessageTemplate.Channel
Templating = MessageTemplate.Templating
_TEMPLATED = {
    Channel.EMAIL: ("subject", "preheader", "message", "body_text"),
    Channel.IN_APP: ("title", "message", "action_url"),
    Channel.WHATSAPP: ("message",),
    Channel.SMS: ("message",),
}


@dataclass(frozen=True)
class Source:
    """What an author wrote, in the fields of a message template."""

    type: str = Channel.EMAIL
    templating_type: str = Templating.MJML
    purpose: str = MessageTemplate.Purpose.MARKETING
    subject: str = ""
    preheader: str = ""
    message: str = ""
    body_text: str = ""
    title: str = ""
    icon: str = ""
    action_url: str = ""
    from_address: str = ""
    from_name: str = ""
    reply_to: str = ""

    @classmethod
    def of(cls, template: MessageTemplate) -> "Source":
        return cls.read({name: str(getattr(template, name)) for name in cls.names()})

    @classmethod
    def read(cls, values: Mapping[str, str]) -> "Source":
        """Make a source of form values; line ends become those of this system."""
        return cls(**{name: _lines(values.get(name, "")) for name in cls.names()})

    @classmethod
    def names(cls) -> tuple[str, ...]:
        return tuple(cls.__dataclass_fields__)

    @property
    def is_email(self) -> bool:
        return self.type == Channel.EMAIL

    @property
    def is_markup(self) -> bool:
        return self.is_email and self.templating_type != Templating.TEXT

    @property
    def is_mjml(self) -> bool:
        return self.is_markup and self.templating_type == Templating.MJML

    @property
    def is_marketing(self) -> bool:
        return self.purpose == MessageTemplate.Purpose.MARKETING

    def as_json(self) -> dict[str, Any]:
        return {name: str(getattr(self, name)) for name in self.names()}


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


@dataclass(frozen=True)
class Compiled:
    """The parts of a message with their template tags; `variables` are names read."""

    subject: str
    html: str
    text: str
    action_url: str
    variables: tuple[str, ...]
    programs: Programs
    uses: tuple[tuple[str, Use], ...]
    scans: dict[str, Scan]
    source: Source
    links: tuple[Link, ...] = ()

    def warnings(
        self, attributes: Collection[str], names: Collection[str] = ()
    ) -> list[Problem]:
        """Return what is allowed and yet looks like a mistake.

        `attributes` are the names that {{ customer.… }} can have, `names` those that
        stand beside it in some messages.
        """
        found = unknown_names(self.uses, self.scans, attributes, names)
        if self.source.is_email:
            found += self._likely_mistakes()
        return sorted(found)[: limits.PROBLEMS]

    def _likely_mistakes(self) -> Iterator[Problem]:
        source, message = self.source, self.scans["message"]
        yield from lint.subject_warnings(source.subject)
        if source.is_marketing:
            yield from lint.unsubscribe_warnings(message)
        if source.is_markup:
            yield from lint.preheader_warnings(source.preheader, source.message)
            yield from lint.size_warnings(self.html)
            has_own_text = bool(source.body_text.strip())
            yield from lint.markup_warnings(message, has_own_text=has_own_text)


def compile_message(source: Source) -> Compiled:
    """Compile what an author wrote, or raise TemplateProblems with their places."""
    scans = {
        name: scan_tags(getattr(source, name), name)
        for name in _TEMPLATED[Channel(source.type)]
    }
    problems = [*_missing(source), *_problems(source, scans)]
    if problems:
        raise TemplateProblems(problems[: limits.PROBLEMS])
    uses = tuple(
        (name, use)
        for name, scan in scans.items()
        for use in uses_of(scan.readable(), TEXT, name)
    )
    subject, html, text, links = _parts(source, scans)
    action_url = source.action_url if "action_url" in scans else ""
    return Compiled(
        subject=subject,
        html=html,
        text=text,
        action_url=action_url,
        variables=tuple(sorted({use.name for _field, use in uses})),
        programs=_programs(subject, html, text, action_url),
        uses=uses,
        scans=scans,
        source=source,
        links=tuple(links),
    )


def _problems(source: Source, scans: dict[str, Scan]) -> Iterator[Problem]:
    """Give what is wrong in each field, tags and markup alike."""
    for scan in scans.values():
        yield from scan.problems
        yield from character_problems(scan)
        yield from expression_problems(scan)
    message = scans["message"]
    # A tag without an end would make nonsense of the markup around it.
    is_readable = (
        not message.problems and len(message.source) <= limits.SOURCE_CHARACTERS
    )
    if source.is_markup and is_readable and message.source.strip():
        reader = read_markup(
            message, is_mjml=source.is_mjml, prefix=free_prefix(message.source)
        )
        yield from reader.problems


def _missing(source: Source) -> list[Problem]:
    problems = []
    if source.is_email and not source.subject.strip():
        problems.append(Problem(0, 0, _("An e-mail needs a subject."), "subject"))
    if source.type == Channel.IN_APP and not source.title.strip():
        problems.append(Problem(0, 0, _("A notification needs a title."), "title"))
    if not source.message.strip():
        problems.append(Problem(0, 0, _("Write the message."), "message"))
    return problems


def _parts(
    source: Source, scans: dict[str, Scan]
) -> tuple[str, str, str, Sequence[Link]]:
    """Return subject, HTML and text, and the links of the HTML that can be counted."""
    if not source.is_email:
        title = source.title if source.type == Channel.IN_APP else ""
        return title, "", scans["message"].readable(), ()
    if not source.is_markup:
        text = scans["message"].readable()
        return source.subject, "", _with_footer(source, text), ()
    prefix = free_prefix(*(scan.source for scan in scans.values()))
    page = compile_page(
        scans["message"],
        scans["preheader"],
        is_mjml=source.is_mjml,
        is_marketing=source.is_marketing,
        prefix=prefix,
    )
    html, links = page.restored()
    if len(html) > limits.COMPILED_CHARACTERS:
        raise TemplateProblems([Problem(0, 0, _("The finished message is too long."))])
    if source.body_text.strip():
        text = _with_footer(source, source.body_text)
        return source.subject, html, text, links
    return source.subject, html, page.as_text(), links


def _with_footer(source: Source, text: str) -> str:
    tags = unconditional(scan_tags(text, "body_text").tags)
    has_link = any("unsubscribe_url" in tag.text for tag in tags)
    if has_link or not source.is_marketing:
        return text
    return text.rstrip() + footer.TEXT


def _programs(subject: str, html: str, text: str, action_url: str) -> Programs:
    try:
        return read_programs(subject, html, text, action_url)
    except TemplateProblems:
        # Each tag is right and all are in pairs, so compiling tore a pair apart.
        message = _("A condition or loop begins and ends in places too far apart.")
        raise TemplateProblems([Problem(0, 0, message)]) from None
