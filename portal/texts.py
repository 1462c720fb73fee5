"""The texts of the public page: read, checked and filled in as messages are."""

from typing import Any

from customers.models import Customer
from marketing_os.lib.errors import DomainError
from messaging.templating.context import merge_values, sample_values
from messaging.templating.programs import read_program
from messaging.templating.render import render_text
from messaging.templating.sandbox import TEXT
from portal.models import PublicPage
from segments.classification import Classified, classify
from segments.models import Standing

STATUS_FIELDS = tuple(str(standing.value) for standing in Standing)
EXAMPLE = {
    "status": "Healthy",
    "last_purchase": "2026-03-02",
    "purchases": 4,
    "spend": "320.00",
    "opens": 12,
}


def read_text(text: str) -> None:
    """Check a text, or raise TemplateProblems."""
    read_program(text, TEXT, "message")


def personal_text(
    page: PublicPage, customer: Customer | None
) -> tuple[Standing | None, str]:
    """Return a customer's status, and what the page says about it.

    Somebody who is no customer is new. Where a text cannot be filled in, there is no
    status, and the text is that for everybody.
    """
    found = classify(customer)
    values = merge_values([customer.pk]).get(customer.pk, {}) if customer else {}
    text = getattr(page, found.standing.value)
    try:
        return found.standing, render_text(text, values | _facts(found))
    except DomainError:
        return None, page.neutral


def example_texts(page: PublicPage) -> list[tuple[str, str]]:
    """Return each status with its text, filled in for nobody who exists."""
    values = sample_values(None) | EXAMPLE
    return [
        (
            str(standing.label),
            render_text(
                getattr(page, standing.value),
                values | {"status": str(standing.label)},
            ),
        )
        for standing in Standing
    ]


def _facts(found: Classified) -> dict[str, Any]:
    last = found.last_purchase
    return {
        "status": str(found.standing.label),
        "last_purchase": last.date().isoformat() if last else "",
        "purchases": found.purchases,
        "spend": f"{found.spend:.2f}",
        "opens": found.opens,
    }
