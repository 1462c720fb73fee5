from messaging.admin import deliveries, dispatches, mailbox, suppressions

__all__ = ["deliveries", "dispatches", "mailbox", "suppressions"]
