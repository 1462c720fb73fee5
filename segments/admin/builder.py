"""The builder of conditions: what its drop-downs offer, and values while one types."""

from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext_lazy

from customers.models import AttributeDefinition
from segments import suggestions
from segments.admin.frame import VIEW_CUSTOMERS
from segments.conditions.comparisons import OPERATORS
from segments.conditions.kinds.activities import PROPERTY_TYPES
from segments.conditions.kinds.belongings import CONSENT_STATES, OFFER_STATES
from segments.conditions.kinds.journeys import FUNNELS
from segments.conditions.kinds.messages import CHANNELS, EVENTS
from segments.conditions.kinds.scores import LEVELS, RISK_OPERATORS, STANDINGS
from segments.conditions.kinds.shapes import WINDOWS
from segments.conditions.kinds.values import FIELDS
from segments.models import Segment
from segments.services.conditions import VIEW_SENSITIVE

if TYPE_CHECKING:
    from segments.admin.segment import SegmentAdmin

_KINDS = (
    ("attribute", gettext_lazy("Attribute")),
    ("field", gettext_lazy("Name, address, dates")),
    ("stage", gettext_lazy("Stage")),
    ("moved", gettext_lazy("Move between stages")),
    ("activity", gettext_lazy("Activity")),
    ("inactive", gettext_lazy("No activity")),
    ("message", gettext_lazy("Message")),
    ("tag", gettext_lazy("Tag")),
    ("offer", gettext_lazy("Offer")),
    ("consent", gettext_lazy("Consent")),
    ("classification", gettext_lazy("Classification")),
    ("risk", gettext_lazy("Retention risk")),
    ("activity_level", gettext_lazy("Activity level")),
    ("segment", gettext_lazy("Other segment")),
    ("everyone", gettext_lazy("Everybody")),
)
_OPERATOR_LABELS = {
    "equals": gettext_lazy("is"),
    "not_equals": gettext_lazy("is not"),
    "in": gettext_lazy("is one of"),
    "not_in": gettext_lazy("is none of"),
    "contains": gettext_lazy("contains"),
    "not_contains": gettext_lazy("does not contain"),
    "starts_with": gettext_lazy("starts with"),
    "less": gettext_lazy("is less than"),
    "at_most": gettext_lazy("is at most"),
    "more": gettext_lazy("is more than"),
    "at_least": gettext_lazy("is at least"),
    "between": gettext_lazy("is from … to …"),
    "on": gettext_lazy("is on"),
    "before": gettext_lazy("is before"),
    "after": gettext_lazy("is after"),
    "last_days": gettext_lazy("is in the last … days"),
    "next_days": gettext_lazy("is in the next … days"),
    "days_ago": gettext_lazy("is more than … days ago"),
    "birthday": gettext_lazy("has its anniversary in … days"),
    "is_set": gettext_lazy("is known"),
    "is_not_set": gettext_lazy("is not known"),
    "is_true": gettext_lazy("is yes"),
    "is_false": gettext_lazy("is no"),
    "has_any": gettext_lazy("has any of"),
    "has_all": gettext_lazy("has all of"),
    "has_none": gettext_lazy("has none of"),
}
_WINDOW_LABELS = {
    "last_days": gettext_lazy("in the last … days"),
    "days_ago": gettext_lazy("more than … days ago"),
    "between": gettext_lazy("from … to …"),
    "on": gettext_lazy("on"),
    "after": gettext_lazy("after"),
    "before": gettext_lazy("before"),
}
_WORDS = {
    "all": gettext_lazy("all of these"),
    "any": gettext_lazy("at least one of these"),
    "none": gettext_lazy("none of these"),
    "group": gettext_lazy("Customers for whom holds"),
    "inner": gettext_lazy("Group: holds"),
    "add": gettext_lazy("Condition"),
    "add_group": gettext_lazy("Group"),
    "add_filter": gettext_lazy("Only where"),
    "remove": gettext_lazy("Remove"),
    "remove_condition": gettext_lazy("Remove this condition"),
    "remove_group": gettext_lazy("Remove this group"),
    "kind": gettext_lazy("Kind of condition"),
    "choose": gettext_lazy("Choose"),
    "attribute": gettext_lazy("Attribute"),
    "field": gettext_lazy("Field"),
    "operator": gettext_lazy("Comparison"),
    "value": gettext_lazy("Value"),
    "from": gettext_lazy("From"),
    "to": gettext_lazy("To"),
    "days": gettext_lazy("Days"),
    "ignore_case": gettext_lazy("ignoring case"),
    "enter": gettext_lazy("Type a value, then Enter"),
    "funnel": gettext_lazy("Funnel"),
    "stages": gettext_lazy("Stages"),
    "from_stages": gettext_lazy("From stages (any)"),
    "to_stages": gettext_lazy("To stages (any)"),
    "days_at_least": gettext_lazy("Days there, at least"),
    "days_at_most": gettext_lazy("Days there, at most"),
    "window": gettext_lazy("When"),
    "ever": gettext_lazy("ever"),
    "activity": gettext_lazy("Activity"),
    "days_at_least_inactive": gettext_lazy("For so many days, at least"),
    "how_often": gettext_lazy("How often"),
    "measure": gettext_lazy("Measure"),
    "property": gettext_lazy("Property"),
    "type": gettext_lazy("Type"),
    "event": gettext_lazy("What happened"),
    "template": gettext_lazy("Template"),
    "any_template": gettext_lazy("any message"),
    "channel": gettext_lazy("Channel"),
    "any_channel": gettext_lazy("any channel"),
    "tags": gettext_lazy("Tags"),
    "codes": gettext_lazy("Codes (any)"),
    "state": gettext_lazy("State"),
    "topic": gettext_lazy("Topic (all marketing)"),
    "standing": gettext_lazy("Classification"),
    "level": gettext_lazy("Activity level"),
    "segment": gettext_lazy("Segment"),
    "of_customers": gettext_lazy("% have it"),
    "everyone": gettext_lazy("Every customer who is neither archived nor erased."),
}


# What the drop-downs offer whoever asks: values with their words.
_OFFERED = {
    "kinds": _KINDS,
    "funnels": FUNNELS.items(),
    "events": EVENTS.items(),
    "channels": CHANNELS.items(),
    "consents": CONSENT_STATES.items(),
    "offers": OFFER_STATES.items(),
    "standings": STANDINGS.items(),
    "levels": [(name, level.label) for name, level in LEVELS.items()],
    "has": (("has", gettext_lazy("has")), ("has_not", gettext_lazy("has not"))),
    "is": (("is", gettext_lazy("is")), ("is_not", gettext_lazy("is not"))),
    "level_is": (
        ("is", gettext_lazy("is")),
        ("at_least", gettext_lazy("is at least")),
        ("at_most", gettext_lazy("is at most")),
    ),
    "in": (("in", gettext_lazy("is in")), ("not_in", gettext_lazy("is not in"))),
    "at": (
        ("in", gettext_lazy("is at")),
        ("not_in", gettext_lazy("is not at")),
        ("none", gettext_lazy("is at no stage yet")),
    ),
    "did": (("did", gettext_lazy("moved")), ("did_not", gettext_lazy("did not move"))),
    "times": (
        ("at_least", gettext_lazy("at least")),
        ("at_most", gettext_lazy("at most")),
        ("never", gettext_lazy("never")),
    ),
    "measures": (
        ("times", gettext_lazy("times")),
        ("amount", gettext_lazy("in amount")),
    ),
}


def context(request: HttpRequest, segment: Segment | None) -> dict[str, Any]:
    """Return what the builder's script is told, as JSON."""
    sensitive = request.user.has_perm(VIEW_SENSITIVE)
    types = {name: str(words) for name, words in AttributeDefinition.FieldType.choices}
    return {
        "words": {key: str(words) for key, words in _WORDS.items()},
        **{name: _pairs(pairs) for name, pairs in _OFFERED.items()},
        "operators": {
            name: [
                (operator, str(_OPERATOR_LABELS[operator]), wants)
                for operator, wants in operators.items()
            ]
            for name, operators in (OPERATORS | {"risk": RISK_OPERATORS}).items()
        },
        "windows": [
            (name, str(_WINDOW_LABELS[name]), wants) for name, wants in WINDOWS.items()
        ],
        "attributes": [
            {
                "name": found.name,
                "label": found.label,
                "type": found.type,
                "type_label": types[found.type],
                "coverage": found.coverage,
            }
            for found in suggestions.offered_attributes(sensitive=sensitive)
        ],
        "fields": [
            {"name": name, "label": str(label), "type": kind}
            for name, (label, kind) in FIELDS.items()
        ],
        "property_types": [(name, types[name]) for name in PROPERTY_TYPES],
        **suggestions.offered_names(segment),
    }


def _pairs(pairs: Any) -> list[tuple[Any, str]]:
    return [(value, str(label)) for value, label in pairs]


def suggest(model_admin: "SegmentAdmin", request: HttpRequest) -> JsonResponse:
    """Answer the builder's question for values, or for properties of an activity."""
    if not (
        model_admin.has_view_or_change_permission(request)
        and request.user.has_perm(VIEW_CUSTOMERS)
    ):
        raise PermissionDenied
    asked = {
        key: request.GET.get(key, "").replace("\0", "")
        for key in ("attribute", "field", "activity", "property")
    }
    if asked["activity"] and asked["property"]:
        values = suggestions.values_of_property(asked["activity"], asked["property"])
        return JsonResponse({"values": values})
    if asked["activity"]:
        found = suggestions.properties_of_activity(asked["activity"])
        return JsonResponse({"properties": found})
    if asked["field"]:
        return JsonResponse({"values": suggestions.values_of_field(asked["field"])})
    sensitive = request.user.has_perm(VIEW_SENSITIVE)
    name = asked["attribute"]
    values = suggestions.values_of_attribute(name, sensitive=sensitive)
    return JsonResponse({"values": values})
