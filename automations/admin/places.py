"""The places of a workflow in words, and the links between its rows."""

from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString

from automations.models import Enrolment
from automations.workflows.way import step_title


def place_title(enrolment: Enrolment) -> str | Promise:
    """Name the kind of step at which an enrolment stands, as its version has it."""
    kinds = _kinds(enrolment.version.steps)
    first = next(iter(kinds.values()), "")
    return step_title(kinds.get(enrolment.step_path, first))


def _kinds(steps: Any) -> dict[str, str]:
    """Return the kind of each step by its ID, in the order of the document."""
    found: dict[str, str] = {}
    for step in steps:
        found[step["id"]] = step["type"]
        for way in ("yes", "no"):
            found |= _kinds(step.get(way, []))
    return found


def link_to(name: str, pk: int | None, words: str) -> SafeString | str:
    """Link to the page of a row where there is such a page."""
    try:
        url = reverse(f"admin:{name}_change", args=(pk,))
    except NoReverseMatch:
        return words
    return format_html('<a class="mos-link" href="{}">{}</a>', url, words)
