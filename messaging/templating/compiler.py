"""From what an author wrote to what is sent, once per saved version."""

from dataclasses import dataclass
from typing import Any

from messaging.models import MessageTemplate
from messaging.templating.problems import Problem, TemplateProblems
from messaging.templating.render import read_programs

COMPILER_VERSION = "1"

__all__ = [
    "COMPILER_VERSION",
    "Compiled",
    "Problem",
    "Source",
    "TemplateProblems",
    "compile_message",
]


@dataclass(frozen=True)
class Source:
    """What an author wrote, in the fields of a message template."""

    type: str = MessageTemplate.Channel.EMAIL
    templating_type: str = MessageTemplate.Templating.MJML
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
        return cls(**{name: getattr(template, name) for name in cls.names()})

    @classmethod
    def names(cls) -> tuple[str, ...]:
        return tuple(cls.__dataclass_fields__)

    def as_json(self) -> dict[str, Any]:
        return {name: str(getattr(self, name)) for name in self.names()}


@dataclass(frozen=True)
class Compiled:
    """The parts of a message with their template tags; `variables` are names read."""

    subject: str
    html: str
    text: str
    variables: tuple[str, ...]


def compile_message(source: Source) -> Compiled:
    """Compile what an author wrote, or raise TemplateProblems with their places."""
    programs = read_programs(
        source.subject, source.message, source.body_text, source.action_url
    )
    uses = (*programs.subject.uses, *programs.html.uses, *programs.text.uses)
    return Compiled(
        source.subject,
        source.message,
        source.body_text or source.message,
        tuple(sorted({use.name for use in uses})),
    )
