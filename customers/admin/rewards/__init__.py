from customers.admin.rewards import ledger, panels  # noqa: F401
from customers.admin.rewards.lists import CreditEntryAdmin, MemberOfferAdmin

__all__ = ["CreditEntryAdmin", "MemberOfferAdmin"]
