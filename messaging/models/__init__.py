from messaging.models.api_message import ApiMessage
from messaging.models.communication import CommunicationLog
from messaging.models.delivery import (
    Delivery,
    DeliveryContent,
    DeliveryEvent,
    FrozenBatch,
    VisitCount,
)
from messaging.models.dispatch import Dispatch, Series
from messaging.models.goal import ConversionGoal
from messaging.models.notification import Notification
from messaging.models.rules import FrequencyCap, SendingHours
from messaging.models.sender import Sender
from messaging.models.sending import (
    Pause,
    ProviderLimit,
    SendGuard,
    SendingSwitch,
    Suppression,
)
from messaging.models.template import (
    MessageTemplate,
    MessageTemplateVersion,
    Topic,
    TrackedLink,
)

__all__ = [
    "ApiMessage",
    "CommunicationLog",
    "ConversionGoal",
    "Delivery",
    "DeliveryContent",
    "DeliveryEvent",
    "Dispatch",
    "FrequencyCap",
    "FrozenBatch",
    "MessageTemplate",
    "MessageTemplateVersion",
    "Notification",
    "Pause",
    "ProviderLimit",
    "SendGuard",
    "Sender",
    "SendingHours",
    "SendingSwitch",
    "Series",
    "Suppression",
    "Topic",
    "TrackedLink",
    "VisitCount",
]
