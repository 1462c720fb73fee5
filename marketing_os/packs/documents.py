"""The documents of conditions, triggers and steps, in short words."""

from typing import Any

from marketing_os.packs.content import Letter, Notice

Document = dict[str, Any]


def matches(*conditions: Document) -> Document:
    """Write the document of conditions that all have to hold."""
    return {"version": 1, "all": list(conditions)}


def attribute(name: str, operator: str, value: Any = None) -> Document:
    """Write a condition on an attribute."""
    condition = {"type": "attribute", "attribute": name, "operator": operator}
    return condition if value is None else condition | {"value": value}


def did(name: str, *, least: int, days: int = 0) -> Document:
    """Write the condition that somebody did something so often, within some days."""
    condition = {"type": "activity", "name": name, "operator": "at_least"}
    window = {"window": {"operator": "last_days", "value": days}}
    return condition | {"value": least} | (window if days else {})


def trigger(kind: str, **parameters: Any) -> Document:
    """Write the trigger of a workflow."""
    return {"type": kind, "parameters": parameters}


def step(kind: str, step_id: str, /, **parameters: Any) -> Document:
    """Write a step of a workflow."""
    made: Document = {"id": step_id, "type": kind}
    return made | ({"parameters": parameters} if parameters else {})


def mail(step_id: str, letter: Letter) -> Document:
    """Write the step that sends a letter."""
    return step("send_email", step_id, template_id=letter)


def notify(step_id: str, notice: Notice) -> Document:
    """Write the step that puts a notice into the member's centre."""
    return step("send_in_app_notification", step_id, template_id=notice)


def branch(
    step_id: str,
    conditions: Document,
    *,
    yes: list[Document],
    no: list[Document] | None = None,
) -> Document:
    """Write a step that goes one way for whom the conditions match."""
    made = step("branch", step_id, conditions=conditions)
    return made | {"yes": yes, "no": no or []}
