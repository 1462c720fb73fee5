from messaging.admin import (
    deliveries,
    dispatches,
    mailbox,
    sending,
    suppressions,
    templates,
)

__all__ = [
    "deliveries",
    "dispatches",
    "mailbox",
    "sending",
    "suppressions",
    "templates",
]
