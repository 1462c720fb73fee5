from messaging.admin import (
    deliveries,
    dispatches,
    mailbox,
    sending,
    suppressions,
    templates,
    topics,
)

__all__ = [
    "deliveries",
    "dispatches",
    "mailbox",
    "sending",
    "suppressions",
    "templates",
    "topics",
]
