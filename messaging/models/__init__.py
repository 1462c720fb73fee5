from messaging.models.delivery import (
    Delivery,
    DeliveryContent,
    DeliveryEvent,
    Dispatch,
    Series,
)
from messaging.models.notification import Notification
from messaging.models.sending import (
    ProviderLimit,
    SendGuard,
    SendingSwitch,
    Suppression,
)
from messaging.models.template import (
    MessageTemplate,
    MessageTemplateVersion,
    TrackedLink,
)

__all__ = [
    "Delivery",
    "DeliveryContent",
    "DeliveryEvent",
    "Dispatch",
    "MessageTemplate",
    "MessageTemplateVersion",
    "Notification",
    "ProviderLimit",
    "SendGuard",
    "SendingSwitch",
    "Series",
    "Suppression",
    "TrackedLink",
]
