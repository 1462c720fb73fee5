"""Every kind of condition. Importing them is what makes them known."""

from segments.conditions.kinds.activities import ActivityCondition
from segments.conditions.kinds.belongings import (
    ConsentCondition,
    OfferCondition,
    TagCondition,
)
from segments.conditions.kinds.inactivity import InactiveCondition
from segments.conditions.kinds.journeys import MovedCondition, StageCondition
from segments.conditions.kinds.memberships import SegmentCondition
from segments.conditions.kinds.messages import MessageCondition
from segments.conditions.kinds.scores import (
    ActivityLevelCondition,
    ClassificationCondition,
    RiskCondition,
)
from segments.conditions.kinds.values import (
    AttributeCondition,
    EveryoneCondition,
    FieldCondition,
)

__all__ = [
    "ActivityCondition",
    "ActivityLevelCondition",
    "AttributeCondition",
    "ClassificationCondition",
    "ConsentCondition",
    "EveryoneCondition",
    "FieldCondition",
    "InactiveCondition",
    "MessageCondition",
    "MovedCondition",
    "OfferCondition",
    "RiskCondition",
    "SegmentCondition",
    "StageCondition",
    "TagCondition",
]
