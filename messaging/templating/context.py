"""The values that a template may read, as plain data that survives JSON."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings

from customers.models import AttributeDefinition, Customer
from marketing_os.lib.registry import registry

CUSTOMER_FIELDS = (
    "id",
    "lms_lead_id",
    "first_name",
    "last_name",
    "email",
    "mobile",
    "timezone",
    "created_date",
)
MEMBER_NAMES = (
    "member_first_name",
    "member_last_name",
    "member_email",
    "membership_level",
    "join_date",
)
# What a workflow adds to its messages, where there is such a thing.
WORKFLOW_EXAMPLES: dict[str, Any] = {
    "workflow_name": "Welcome",
    "trigger": {"value": 50},
    "event": {"name": "booked", "occurred_at": "2026-03-02T18:00:00+00:00"},
    "offer_code": "WELCOME10",
    "offer_expiry_date": "2026-04-01",
    "credits_granted": 5,
    "credit_balance": 12,
}
# What the sender adds when it renders, because it differs per delivery.
SENDER_NAMES = (
    "unsubscribe_url",
    "preferences_url",
    "member_link",
    "copy_link",
    "postal_address",
    "company_name",
)

# The link to the receiver's own pages, and the name that it had before.
MEMBER_LINKS = ("member_link", "personal_url")

EXAMPLE_VALUES: dict[str, Any] = {
    "customer": {
        "id": 1,
        "lms_lead_id": "lead-1",
        "first_name": "Ada",
        "last_name": "Example",
        "email": "ada@example.org",
        "mobile": "+44 20 7946 0000",
        "timezone": "Europe/London",
        "created_date": "2026-01-15T09:30:00+00:00",
        "username": "ada",
        "age": 27,
        "gender": "female",
        "device": "Mobile",
    },
    "member_first_name": "Ada",
    "member_last_name": "Example",
    "member_email": "ada@example.org",
    "membership_level": "Gold",
    "join_date": "2026-01-15",
}


def merge_values(customer_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Return the values of each of these customers, read in one query."""
    rows = Customer.objects.filter(pk__in=list(customer_ids)).values(
        *CUSTOMER_FIELDS, "attributes"
    )
    return {row["id"]: _values_of(row) for row in rows}


def sample_values(
    customer: Customer | None, *, sensitive: bool = True
) -> dict[str, Any]:
    """Return what a preview for this customer is filled in with.

    Without `sensitive`, sensitive attributes are left unset.
    """
    values = EXAMPLE_VALUES
    if customer is not None:
        values = merge_values([customer.pk]).get(customer.pk, EXAMPLE_VALUES)
    if not sensitive:
        hidden = sensitive_names()
        shown = {
            name: value
            for name, value in values["customer"].items()
            if name in CUSTOMER_FIELDS or name not in hidden
        }
        values = values | {"customer": shown}
    return workflow_examples() | values | sender_examples()


def workflow_examples() -> dict[str, Any]:
    """Return stand-ins for what workflows add, with the names that staff made up."""
    own = {name: value for ask in registry.template_values for name, value in ask()}
    return own | WORKFLOW_EXAMPLES


def sensitive_names() -> set[str]:
    """Return the names of the attributes that not everyone may see."""
    definitions = AttributeDefinition.objects.filter(sensitive=True)
    return set(definitions.values_list("name", flat=True))


def attribute_names() -> set[str]:
    """Return every name that {{ customer.… }} can have."""
    names = AttributeDefinition.objects.values_list("name", flat=True)
    return {*CUSTOMER_FIELDS, *names}


def sender_examples() -> dict[str, Any]:
    """Return stand-ins for what the sender adds to each message."""
    return {
        "unsubscribe_url": f"{settings.SITE_URL}/u/example",
        "preferences_url": f"{settings.SITE_URL}/preferences/example",
        **dict.fromkeys(MEMBER_LINKS, f"{settings.SITE_URL}/me/in/example"),
        "copy_link": f"{settings.SITE_URL}/me/copy/example",
        "postal_address": settings.POSTAL_ADDRESS,
        "company_name": settings.DEFAULT_FROM_NAME,
    }


def _values_of(row: Mapping[str, Any]) -> dict[str, Any]:
    attributes = row["attributes"]
    fixed = {name: row[name] for name in CUSTOMER_FIELDS}
    fixed["lms_lead_id"] = fixed["lms_lead_id"] or ""
    fixed["created_date"] = row["created_date"].isoformat()
    return {
        "customer": {**attributes, **fixed},
        "member_first_name": row["first_name"],
        "member_last_name": row["last_name"],
        "member_email": row["email"],
        "membership_level": attributes.get(settings.MEMBERSHIP_LEVEL_ATTRIBUTE, ""),
        "join_date": attributes.get(settings.JOIN_DATE_ATTRIBUTE, ""),
    }
