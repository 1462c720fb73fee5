from messaging.admin import (
    communications,
    customer_messages,
    deliveries,
    dispatches,
    mailbox,
    rules,
    senders,
    sending,
    suppressions,
    templates,
    topics,
)

__all__ = [
    "communications",
    "customer_messages",
    "deliveries",
    "dispatches",
    "mailbox",
    "rules",
    "senders",
    "sending",
    "suppressions",
    "templates",
    "topics",
]
