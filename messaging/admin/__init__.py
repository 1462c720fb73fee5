from messaging.admin import (
    communications,
    deliveries,
    dispatches,
    mailbox,
    sending,
    suppressions,
    templates,
    topics,
)

__all__ = [
    "communications",
    "deliveries",
    "dispatches",
    "mailbox",
    "sending",
    "suppressions",
    "templates",
    "topics",
]
