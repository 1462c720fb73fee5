"""The fields of triggers and steps as controls of a form."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from automations.workflows.drafts import DraftStep, Fault
from automations.workflows.fields import Field, shown_fields
from automations.workflows.steps import STEPS, Step


@dataclass(frozen=True)
class Option:
    """A value of a choice, as JSON, since it may be a number."""

    value: str
    words: str
    is_chosen: bool


@dataclass(frozen=True)
class Control:
    """A field with what stands in it; `shown_values` is JSON."""

    field: Field
    dom_id: str
    value: Any
    options: list[Option]
    list_id: str
    shown_values: str
    is_hidden: bool
    fault: Fault | None

    @property
    def shown_key(self) -> str:
        return self.field.shown_for[0] if self.field.shown_for else ""

    @property
    def has_choice(self) -> bool:
        return any(option.is_chosen for option in self.options)


@dataclass
class Controls:
    """Makes controls; what is offered is looked up once, however often it is shown."""

    offered: dict[Callable[[], Any], Any] = field(default_factory=dict)
    lists: dict[Callable[[], Any], str] = field(default_factory=dict)

    def of(
        self,
        fields: Iterable[Field],
        parameters: dict[str, Any],
        *,
        prefix: str,
        fault: Fault | None = None,
    ) -> list[Control]:
        """Return the controls of some fields, filled with parameters."""
        listed = list(fields)
        shown = shown_fields(listed, parameters)
        return [
            self._control(one, parameters, f"{prefix}-{place}", one in shown, fault)
            for place, one in enumerate(listed)
        ]

    @property
    def datalists(self) -> list[tuple[str, list[str]]]:
        return [(name, self._offered(source)) for source, name in self.lists.items()]

    def _control(
        self,
        one: Field,
        parameters: dict[str, Any],
        dom_id: str,
        is_shown: bool,
        fault: Fault | None,
    ) -> Control:
        value = parameters.get(one.key, one.default)
        is_wrong = fault is not None and fault.key == one.key and is_shown
        return Control(
            one,
            dom_id,
            _entered(one, value),
            self._options(one, value),
            self._list_id(one),
            json.dumps(list(self._offered(one.shown_for[1])) if one.shown_for else []),
            not is_shown,
            fault if is_wrong else None,
        )

    def _options(self, one: Field, value: Any) -> list[Option]:
        if one.choices is None:
            return []
        chosen = value if isinstance(value, list) else [value]
        known = self._offered(one.choices)
        options = [
            Option(json.dumps(key), str(words), any(_same(key, it) for it in chosen))
            for key, words in known
        ]
        lost = [
            it
            for it in chosen
            if it not in (None, "") and not any(_same(key, it) for key, _w in known)
        ]
        return [
            *options,
            *(Option(json.dumps(it), f"{str(it)[:100]} (?)", True) for it in lost),
        ]

    def _list_id(self, one: Field) -> str:
        if one.suggestions is None:
            return ""
        return self.lists.setdefault(one.suggestions, f"wf-list-{len(self.lists)}")

    def _offered(self, source: Callable[[], Iterable[Any]]) -> list[Any]:
        if source not in self.offered:
            self.offered[source] = list(source())
        return self.offered[source]  # type: ignore[no-any-return]


@dataclass(frozen=True)
class StepForm:
    """A step of a draft with its controls, ready to be drawn."""

    step: DraftStep
    controls: list[Control]
    ways: list[tuple[str, list["StepForm"]]]
    is_open: bool = False


def step_forms(steps: list[DraftStep], controls: Controls) -> list[StepForm]:
    return [step_form(one, controls) for one in steps]


def step_form(one: DraftStep, controls: Controls, *, is_open: bool = False) -> StepForm:
    made = controls.of(
        one.kind.fields if one.kind else (),
        one.parameters,
        prefix=f"wf-{one.id}",
        fault=one.fault,
    )
    ways = [(name, step_forms(way, controls)) for name, way in one.ways.items()]
    return StepForm(one, made, ways, is_open)


def new_steps(controls: Controls) -> list[StepForm]:
    """Return an empty form of each kind, to be copied where a step is added."""
    kinds = sorted(STEPS.items(), key=lambda one: str(one[1].title))
    return [_new_step(name, kind, controls) for name, kind in kinds]


def _new_step(name: str, kind: type[Step], controls: Controls) -> StepForm:
    return step_form(DraftStep("__id__", name, kind, {}), controls, is_open=True)


def _same(key: Any, value: Any) -> bool:
    return type(key) is type(value) and key == value


def _entered(one: Field, value: Any) -> Any:
    """Return what stands in the control: of a document or list its JSON."""
    if isinstance(value, dict | list):
        return json.dumps(value)
    return "" if value is None else value
