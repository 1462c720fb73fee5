from messaging.admin import deliveries, dispatches, mailbox, sending, suppressions

__all__ = ["deliveries", "dispatches", "mailbox", "sending", "suppressions"]
