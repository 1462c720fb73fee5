"""What a pack brings that staff could have made: messages, segments, automations,
workflows."""

from dataclasses import asdict, dataclass, field
from typing import Any

from automations.models import Automation, Workflow
from messaging.models import MessageTemplate
from portal.models import PublicPage
from segments.models import Segment


@dataclass(frozen=True)
class Attribute:
    """A field of customers, with the words that staff read where the name is none."""

    name: str
    field_type: str
    label: str = ""
    is_sensitive: bool = False


@dataclass(frozen=True)
class Letter:
    """An e-mail template; `message` is its MJML."""

    name: str
    subject: str
    preheader: str
    message: str
    from_name: str
    purpose: str = MessageTemplate.Purpose.MARKETING

    def as_template(self) -> MessageTemplate:
        return MessageTemplate(
            name=self.name,
            subject=self.subject,
            preheader=self.preheader,
            message=self.message,
            from_name=self.from_name,
            purpose=self.purpose,
        )


@dataclass(frozen=True)
class Notice:
    """A template of notifications in the members' own centre."""

    name: str
    title: str
    message: str
    icon: str
    action_url: str = ""

    def as_template(self) -> MessageTemplate:
        return MessageTemplate(
            name=self.name,
            type=MessageTemplate.Channel.IN_APP,
            templating_type=MessageTemplate.Templating.TEXT,
            title=self.title,
            message=self.message,
            icon=self.icon,
            action_url=self.action_url,
        )


Message = Letter | Notice


@dataclass(frozen=True)
class Group:
    """A segment; `tag` names whom a manual one lists at the beginning."""

    name: str
    description: str
    type: str = Segment.Type.CONDITIONS
    sql: str = ""
    function: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    conditions: dict[str, Any] = field(default_factory=dict)
    tag: str = ""

    def as_segment(self) -> Segment:
        return Segment(
            name=self.name,
            description=self.description,
            type=self.type,
            selection_sql=self.sql,
            handler_function=self.function,
            handler_parameters=self.parameters,
            conditions=self.conditions,
        )


@dataclass(frozen=True)
class Plan:
    """An automation; it waits for somebody to switch it on."""

    name: str
    group: Group
    letter: Letter
    cron: str
    timezone: str
    again_after_days: int | None = None

    def as_automation(self, segment: Segment, template: MessageTemplate) -> Automation:
        policy = Automation.Policy
        return Automation(
            name=self.name,
            segment=segment,
            template=template,
            cron=self.cron,
            timezone=self.timezone,
            policy=policy.AGAIN_AFTER if self.again_after_days else policy.ONCE,
            again_after_days=self.again_after_days,
        )


@dataclass(frozen=True)
class Journey:
    """A workflow; it waits for somebody to enable it.

    Where a document wants the ID of a template, a message of the pack stands.
    """

    name: str
    description: str
    trigger: dict[str, Any]
    steps: list[dict[str, Any]]
    timezone: str = ""
    goal: dict[str, Any] | None = None
    exit_conditions: dict[str, Any] | None = None
    context: dict[str, Any] = field(default_factory=dict)
    cooldown_days: int = 7
    is_once: bool = False

    def as_workflow(self, ids: dict[Message, int]) -> Workflow:
        reentry = Workflow.Reentry
        return Workflow(
            name=self.name,
            description=self.description,
            trigger=_resolved(self.trigger, ids),
            steps=_resolved(self.steps, ids),
            timezone=self.timezone,
            goal=self.goal,
            exit_conditions=self.exit_conditions,
            context=self.context,
            cooldown_period_days=self.cooldown_days,
            reentry=reentry.ONCE if self.is_once else reentry.AFTER_COOLDOWN,
        )

    def messages(self) -> set[Message]:
        """Return the messages that its steps send."""
        return set(_messages_in([self.trigger, self.steps]))


@dataclass(frozen=True)
class Texts:
    """How the public page answers, where staff have not written it yet."""

    neutral: str
    new: str
    low_engagement: str
    churn_risk: str
    healthy: str

    def as_page(self) -> PublicPage:
        return PublicPage(**asdict(self))


def _resolved(document: Any, ids: dict[Message, int]) -> Any:
    if isinstance(document, Letter | Notice):
        return ids[document]
    if isinstance(document, dict):
        return {key: _resolved(value, ids) for key, value in document.items()}
    if isinstance(document, list):
        return [_resolved(value, ids) for value in document]
    return document


def _messages_in(document: Any) -> list[Message]:
    if isinstance(document, Letter | Notice):
        return [document]
    inner = document.values() if isinstance(document, dict) else document
    if not isinstance(document, dict | list):
        return []
    return [message for value in inner for message in _messages_in(value)]
