"""The form of a workflow: what a person wrote, and what is wrong with each part of it."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from automations.models import Workflow
from automations.services.workflows import check_trigger, check_workflow
from automations.workflows.drafts import (
    DraftStep,
    Fault,
    all_steps,
    fault_of,
    read_draft,
)
from automations.workflows.fields import Kind
from automations.workflows.trigger_fields import TRIGGERS
from marketing_os.lib.admin import SearchableSelect
from marketing_os.lib.errors import DomainError
from marketing_os.lib.filters import style
from marketing_os.lib.zones import zone_names
from segments.conditions import Catalogue
from segments.errors import ConditionError
from segments.forms import ConditionsField
from segments.services.conditions import VIEW_SENSITIVE, tree_for

_TREES = ("goal", "exit_conditions")


def _document(label: Any, **more: Any) -> ConditionsField:
    area = forms.Textarea(attrs={"class": "seg-code", "rows": 6, "spellcheck": "false"})
    return ConditionsField(label=label, required=False, widget=area, **more)


def _zones() -> list[tuple[str, str]]:
    empty = _("The project's, %s") % settings.TIME_ZONE
    return [("", empty), *((name, name) for name in zone_names())]


class WorkflowForm(forms.ModelForm):  # type: ignore[type-arg]
    """A workflow; its trigger, steps and conditions come as documents.

    After a failed check `faults` tells what is wrong with the trigger and the two trees
    of conditions; each step of `draft` has its own. `author` is set by the admin.
    """

    author: Any = None

    trigger = _document(gettext_lazy("Trigger"))
    steps = _document(gettext_lazy("Steps"))
    goal = _document(gettext_lazy("Goal"))
    exit_conditions = _document(gettext_lazy("Leave when"))
    context = _document(gettext_lazy("Values for messages"))
    timezone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        required=False,
        choices=_zones,
        widget=SearchableSelect,
    )
    based_on = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Workflow
        fields = (
            "name",
            "description",
            "trigger",
            "steps",
            "goal",
            "exit_conditions",
            "context",
            "cooldown_period_days",
            "reentry",
            "at_unsubscribe",
            "check_hour",
            "timezone",
        )
        widgets = {"description": forms.Textarea(attrs={"rows": 2})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.faults: dict[str, Fault] = {}
        if "based_on" in self.fields and self.instance.pk:
            self.fields["based_on"].initial = self.instance.updated_at.isoformat()
        if "description" in self.fields:
            style(self.fields["description"].widget)

    @property
    def draft(self) -> list[DraftStep]:
        """The steps as they stand in the form, saved or not."""
        return self._draft_of(self.document("steps"))

    def document(self, name: str) -> Any:
        """Return a document as it stands in the form; text where it is no JSON."""
        bound = self[name]
        if not self.is_bound:
            return bound.initial
        return bound.field.bound_data(bound.data, bound.initial)

    def clean_trigger(self) -> Any:
        return self.cleaned_data["trigger"] or {}

    def clean_steps(self) -> Any:
        return self.cleaned_data["steps"] or []

    def clean_goal(self) -> Any:
        return without_empty(self.cleaned_data["goal"])

    def clean_exit_conditions(self) -> Any:
        return without_empty(self.cleaned_data["exit_conditions"])

    def clean_context(self) -> Any:
        return self.cleaned_data["context"] or {}

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        self._refuse_to_overwrite(cleaned.get("based_on", ""))
        for name in _TREES:
            if cleaned.get(name):
                self._check_tree(name, cleaned[name], "")
        self._check_trigger(cleaned.get("trigger"))
        self._check_steps(cleaned.get("steps"))
        return cleaned

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        # The trigger is told of also where steps are not right yet.
        check = check_trigger if self.errors else check_workflow
        if "trigger" in self.errors:
            return
        try:
            check(self.instance)
        except DomainError as error:
            self._complain(error)

    def _complain(self, error: DomainError) -> None:
        if not isinstance(error, ConditionError):
            self.add_error("timezone", ValidationError(str(error)))
            return
        root = error.path.partition(".")[0].partition("[")[0]
        if root == "trigger":
            self._fault_of_trigger(error)
        else:
            name = root if root in self.fields else "steps"
            self.add_error(name, ValidationError(str(error)))

    def _fault_of_trigger(self, error: ConditionError) -> None:
        trigger = self.instance.trigger
        below = error.path.startswith("trigger.parameters")
        self.faults["trigger"] = fault = fault_of(
            error,
            "trigger.parameters" if below else "trigger",
            TRIGGERS[trigger["type"]].fields,
            trigger.get("parameters"),
        )
        self.add_error("trigger", ValidationError(fault.words))

    def _fault(self, name: str, error: ConditionError, root: str) -> None:
        self.faults[name] = fault_of(error, root)
        self.add_error(name, ValidationError(str(error)))

    def _check_tree(self, name: str, document: Any, root: str) -> None:
        try:
            tree_for(document, by=self.author)
        except ConditionError as error:
            path = f"{root}.{error.path}".strip(".")
            self._fault(name, ConditionError(str(error), path), "")

    def _check_trigger(self, trigger: Any) -> None:
        kind = kind_of(trigger)
        if kind not in TRIGGERS:
            self.add_error("trigger", _("Choose what starts the workflow."))
            return
        parameters = trigger.get("parameters")
        for field in TRIGGERS[kind].fields:
            if field.kind == Kind.CONDITIONS and isinstance(parameters, dict):
                self._check_tree("trigger", parameters.get(field.key) or {}, field.key)

    def _check_steps(self, steps: Any) -> None:
        faulty = [one for one in all_steps(self._draft_of(steps)) if one.fault]
        if faulty:
            words = ngettext(
                "%(count)s step is not right yet. It says why.",
                "%(count)s steps are not right yet. They say why.",
                len(faulty),
            )
            self.add_error("steps", words % {"count": len(faulty)})

    def _draft_of(self, steps: Any) -> list[DraftStep]:
        return read_draft(steps, self._catalogue())

    def _catalogue(self) -> Catalogue:
        sees = self.author is None or self.author.has_perm(VIEW_SENSITIVE)
        return Catalogue(sensitive=sees)

    def _refuse_to_overwrite(self, based_on: str) -> None:
        """Keep what somebody else saved since this form was opened."""
        if not self.instance.pk or not based_on:
            return
        current = Workflow.objects.select_for_update().filter(pk=self.instance.pk)
        saved_at = current.values_list("updated_at", flat=True).first()
        if saved_at and based_on == saved_at.isoformat():
            return
        last = self.instance.history.select_related("history_user").first()
        who = getattr(last, "history_user", None) or _("Somebody else")
        sentence = _(
            "%(who)s has saved this workflow in the meantime, so yours was not saved."
            " What you entered is still here: open the workflow in a second window, and"
            " bring your changes into what is there now."
        )
        self.add_error(None, sentence % {"who": who})


def kind_of(trigger: Any) -> str:
    """Return the type that the document of a trigger names, "" where it names none."""
    kind = trigger.get("type") if isinstance(trigger, dict) else None
    return kind if isinstance(kind, str) else ""


def without_empty(document: Any) -> Any:
    """Take a tree without a condition for none."""
    if isinstance(document, dict) and any(document.get(key) for key in _GROUPS):
        return document
    is_leaf = isinstance(document, dict) and "type" in document
    return document if is_leaf else None


_GROUPS = ("all", "any", "not")
