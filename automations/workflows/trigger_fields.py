"""What a person fills in for each trigger, and a trigger in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import F
from django.utils.translation import gettext_lazy

from automations.workflows.fields import (
    Field,
    Kind,
    Words,
    one_of,
    shown_for,
    words_of,
)
from automations.workflows.happenings import EVENTS
from automations.workflows.triggers import DAILY, LEVELS, MILESTONES
from customers.models import MemberTag
from funnel.models import FunnelEvent
from funnel.selectors import activity_names, stage_names
from marketing_os.lib.distinct import distinct_values
from messaging.models import MessageTemplate, TrackedLink
from segments.models import Segment

_MOST_LINKS = 200


@dataclass(frozen=True)
class TriggerForm:
    """A trigger as a form offers it; `group` says how it is heard of."""

    name: str
    title: Words
    group: Words
    fields: tuple[Field, ...]


def _templates() -> Iterable[tuple[int, str]]:
    return MessageTemplate.objects.order_by("name").values_list("pk", "name")


def _links() -> Iterable[str]:
    """Return the links of the versions that are sent now."""
    current = TrackedLink.objects.filter(
        version=F("version__template__current_version")
    )
    return (
        current.order_by("url").values_list("url", flat=True).distinct()[:_MOST_LINKS]
    )


_LEVEL_WORDS = (
    gettext_lazy("low"),
    gettext_lazy("low or medium"),
    gettext_lazy("any"),
)
_MILESTONE_WORDS = (
    gettext_lazy("Classes attended"),
    gettext_lazy("Years since joining"),
    gettext_lazy("Times of another activity"),
)
_TEMPLATE = Field(
    "template_id",
    gettext_lazy("Template"),
    Kind.CHOICE,
    help=gettext_lazy("None chosen: any message."),
    choices=_templates,
)
_FIELDS: dict[str, tuple[Field, ...]] = {
    "low_engagement": (
        Field(
            "inactive_days",
            gettext_lazy("No activity for days"),
            Kind.WHOLE,
            default=30,
        ),
        one_of(
            "min_activity_level",
            gettext_lazy("Activity level"),
            dict(zip(LEVELS, _LEVEL_WORDS, strict=True)),
        ),
    ),
    "high_retention_risk": (
        Field(
            "risk_score_threshold",
            gettext_lazy("Risk score from"),
            Kind.NUMBER,
            default=0.7,
            help=gettext_lazy("From 0 (stays) to 1 (leaves)."),
        ),
    ),
    "membership_expiry_upcoming": (
        Field("days_before", gettext_lazy("Days before"), Kind.WHOLE, default=14),
    ),
    "milestone_achieved": (
        one_of(
            "type",
            gettext_lazy("Milestone"),
            dict(zip(MILESTONES, _MILESTONE_WORDS, strict=True)),
        ),
        Field(
            "activity",
            gettext_lazy("Activity"),
            suggestions=activity_names,
            shown_for=shown_for("type", "activity"),
        ),
        Field("value", gettext_lazy("How many"), Kind.WHOLE, default=10),
    ),
    "new_member_welcome": (
        Field(
            "days_since_join",
            gettext_lazy("Days since joining"),
            Kind.WHOLE,
            default=1,
        ),
    ),
    "segment": (
        Field(
            "segment",
            gettext_lazy("Segment"),
            Kind.CHOICE,
            choices=lambda: Segment.objects.order_by("name").values_list("pk", "name"),
        ),
    ),
    "conditions": (Field("conditions", gettext_lazy("Conditions"), Kind.CONDITIONS),),
    "funnel_move": (
        Field(
            "funnel_type",
            gettext_lazy("Funnel"),
            Kind.CHOICE,
            help=gettext_lazy("None chosen: any funnel."),
            choices=lambda: FunnelEvent.FunnelType.choices,
        ),
        Field(
            "from_stage",
            gettext_lazy("From stage"),
            help=gettext_lazy("Empty: any stage."),
            suggestions=stage_names,
        ),
        Field(
            "to_stage",
            gettext_lazy("To stage"),
            help=gettext_lazy("Empty: any stage."),
            suggestions=stage_names,
        ),
    ),
    "activity_performed": (
        Field("name", gettext_lazy("Activity"), suggestions=activity_names),
        Field("where", gettext_lazy("Only where"), Kind.FILTERS),
    ),
    "tag_added": (
        Field(
            "tag",
            gettext_lazy("Tag"),
            suggestions=lambda: distinct_values(MemberTag, "tag"),
        ),
    ),
    "message_opened": (_TEMPLATE,),
    "message_clicked": (
        _TEMPLATE,
        Field(
            "link",
            gettext_lazy("Link"),
            help=gettext_lazy("As it stands in the template. Empty: any link."),
            suggestions=_links,
        ),
    ),
    "message_bounced": (_TEMPLATE,),
}
_BY_API = TriggerForm(
    "api_call",
    gettext_lazy("Another system asks by the API"),
    gettext_lazy("By another system"),
    (),
)


def _forms() -> Iterable[TriggerForm]:
    for group, kinds in (
        (gettext_lazy("Looked for every day"), DAILY),
        (gettext_lazy("As soon as it happens"), EVENTS),
    ):
        for name, kind in kinds.items():
            yield TriggerForm(name, kind.title, group, _FIELDS.get(name, ()))
    yield _BY_API


TRIGGERS = {form.name: form for form in _forms()}


def trigger_words(trigger: Any) -> tuple[str, list[tuple[str, str]]]:
    """Return a trigger's title, and its parameters as labels with words.

    It takes any document, also one that is wrong.
    """
    values = trigger if isinstance(trigger, dict) else {}
    form = TRIGGERS.get(str(values.get("type", "")))
    if form is None:
        return "–", []
    parameters = values.get("parameters")
    return str(form.title), words_of(form.fields, parameters)
