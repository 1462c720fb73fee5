"""Validation of what people enter about segments; nothing is written here."""

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.fields import InvalidJSONInput
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketing_os.lib.filters import style
from segments import services
from segments.conditions import read_text
from segments.functions import SegmentFunction, find_function, segment_functions
from segments.models import Segment
from segments.parameters import Parameter

Type = Segment.Type

TYPE_WORDS = {
    Type.MANUAL: gettext_lazy("You put customers on it by hand or with a CSV file."),
    Type.CONDITIONS: gettext_lazy(
        "Conditions on what is known of customers find them, anew before each run."
    ),
    Type.SQL: gettext_lazy("A SELECT finds the customers, anew before each run."),
    Type.FUNCTION: gettext_lazy(
        "A function that developers wrote finds them, anew before each run."
    ),
}
_FIELDS: dict[type, type[forms.Field]] = {
    int: forms.IntegerField,
    float: forms.FloatField,
    bool: forms.BooleanField,
}
_LONGEST_TEXT = 1_000


def parameter_name(function: SegmentFunction, parameter: Parameter) -> str:
    return f"parameter-{function.name}-{parameter.name}"


def parameter_field(parameter: Parameter, stored: dict[str, Any]) -> forms.Field:
    """Make the typed field of one argument of a function."""
    field = _typed_field(parameter)
    field.label = parameter.label
    field.required = False  # asked for only when its function is the chosen one
    field.initial = parameter.shown(stored)
    style(field.widget)
    if parameter.is_required:
        field.widget.attrs["aria-required"] = "true"
        field.help_text = _("This must be filled in.")
    return field


def _typed_field(parameter: Parameter) -> forms.Field:
    if parameter.choices:
        choices = [(key, one.label) for key, one in parameter.choices.items()]
        empty = [] if parameter.default in _arguments(parameter) else [("", "–")]
        return forms.ChoiceField(choices=[*empty, *choices])
    if parameter.type is dt.date:
        widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        return forms.DateField(widget=widget)
    if parameter.type is str:
        return forms.CharField(max_length=_LONGEST_TEXT)
    return _FIELDS[parameter.type]()


def _arguments(parameter: Parameter) -> list[Any]:
    return [one.argument for one in parameter.choices.values()]


class ConditionsField(forms.JSONField):
    """The text of a tree of conditions; whatever its depth, it is answered."""

    default_error_messages = {
        "invalid": gettext_lazy("The conditions are no valid JSON.")
    }

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and value.strip():
            try:
                return read_text(value)
            except services.ConditionError as error:
                raise ValidationError(str(error)) from error
        return super().to_python(value)

    def bound_data(self, data: Any, initial: Any) -> Any:
        try:
            return read_text(data) if isinstance(data, str) else data
        except services.ConditionError:
            return InvalidJSONInput(data)


class SegmentForm(forms.ModelForm):  # type: ignore[type-arg]
    """A segment, with the fields of every type; only those of its own type count.

    `may_write_sql` and `author` are set by the admin. SQL is planned by the database before it is
    accepted, so that a mistake is told where it is.
    """

    may_write_sql = False
    checks_sql = True
    sql_error: services.SegmentError | None = None
    condition_error: services.ConditionError | None = None
    author: Any = None

    conditions = ConditionsField(
        label=gettext_lazy("Conditions"),
        required=False,
        widget=forms.Textarea(
            attrs={"class": "seg-code", "rows": 10, "spellcheck": "false"}
        ),
    )
    handler_function = forms.ChoiceField(label=gettext_lazy("Function"), required=False)

    class Meta:
        model = Segment
        fields = (
            "name",
            "description",
            "type",
            "conditions",
            "selection_sql",
            "handler_function",
        )
        widgets = {
            "description": forms.Textarea(attrs={"rows": 2}),
            "type": forms.RadioSelect,
            "selection_sql": forms.Textarea(
                attrs={
                    "class": "seg-code",
                    "rows": 14,
                    "spellcheck": "false",
                    "autocomplete": "off",
                    "autocapitalize": "off",
                    "wrap": "off",
                }
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.functions = list(segment_functions().values())
        if "description" in self.fields:
            style(self.fields["description"].widget)
        if "type" in self.fields:
            self._add_functions()
            self._limit_types()

    def _add_functions(self) -> None:
        chosen = self.fields["handler_function"]
        choices = [(found.name, found.label) for found in self.functions]
        current = self.instance.handler_function
        if current and current not in dict(choices):
            choices.append((current, _("%s (not registered any more)") % current))
        chosen.choices = [("", _("Choose a function")), *choices]  # type: ignore[attr-defined]
        style(chosen.widget)
        for function in self.functions:
            is_chosen = function.name == current
            stored = self.instance.handler_parameters if is_chosen else {}
            for parameter in function.parameters:
                name = parameter_name(function, parameter)
                self.fields[name] = parameter_field(parameter, stored)

    def _limit_types(self) -> None:
        current = self.instance.type if self.instance.pk else None
        allowed = {Type.MANUAL, Type.CONDITIONS, Type.FUNCTION, current}
        if self.may_write_sql:
            allowed.add(Type.SQL)
        field = self.fields["type"]
        field.choices = [  # type: ignore[attr-defined]
            choice for choice in Type.choices if choice[0] in allowed
        ]
        if not self.may_write_sql:
            self.fields["selection_sql"].disabled = True
            field.disabled = current == Type.SQL

    @property
    def parameter_groups(self) -> list[dict[str, Any]]:
        """List the functions with their bound parameter fields, for the template."""
        return [
            {
                "function": function,
                "fields": [
                    self[parameter_name(function, parameter)]
                    for parameter in function.parameters
                ],
            }
            for function in self.functions
        ]

    def clean_selection_sql(self) -> str:
        # A browser sends line ends as CR LF; places are counted in what is stored.
        text: str = self.cleaned_data["selection_sql"]
        return text.replace("\r\n", "\n")

    def clean_conditions(self) -> Any:
        # A form without the field leaves the tree empty, which other types are.
        return self.cleaned_data["conditions"] or {}

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        kind = data.get("type")
        if kind == Type.FUNCTION:
            self.instance.handler_parameters = self._parameters(data)
        if kind == Type.CONDITIONS and "conditions" in data:
            self._check_conditions(data["conditions"])
        text = data.get("selection_sql", "")
        if kind == Type.SQL and ("selection_sql" in self.changed_data or not text):
            self._check_sql(text)
        return data

    def _check_sql(self, text: str) -> None:
        if not self.checks_sql:
            return
        try:
            services.check_sql(text)
        except services.SegmentError as error:
            self.sql_error = error
            self.add_error("selection_sql", ValidationError(str(error)))

    def _check_conditions(self, document: Any) -> None:
        if self.author is None:
            return
        try:
            services.tree_for(
                document, by=self.author, segment_id=self.instance.pk or None
            )
        except services.ConditionError as error:
            self.condition_error = error
            self.add_error("conditions", ValidationError(str(error)))

    def _parameters(self, data: dict[str, Any]) -> dict[str, Any]:
        function = find_function(data.get("handler_function", ""))
        if function is None:
            self.add_error("handler_function", _("Choose a function."))
            return {}
        found = {}
        for parameter in function.parameters:
            name = parameter_name(function, parameter)
            value = data.get(name)
            if value in (None, "") and parameter.is_required and name in data:
                self.add_error(name, _("Enter a value."))
            elif value not in (None, ""):
                is_date = isinstance(value, dt.date)
                found[parameter.name] = value.isoformat() if is_date else value
        return found


class TrialForm(SegmentForm):
    """The same fields to be tried out; the service asks for the permission."""

    may_write_sql = True
    checks_sql = False


class UploadForm(forms.Form):
    """A file of customers for the list of a manual segment."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx"}),
    )
    mode = forms.ChoiceField(
        label=gettext_lazy("What to do"),
        choices=(
            ("add", gettext_lazy("Add them to the list")),
            ("replace", gettext_lazy("Replace the list by them")),
        ),
        initial="add",
        widget=forms.RadioSelect,
    )
    encoding = forms.ChoiceField(
        label=gettext_lazy("Encoding"),
        required=False,
        choices=(
            ("", gettext_lazy("Find out (UTF-8)")),
            ("cp1252", gettext_lazy("Western European (cp1252)")),
            ("utf-16", "UTF-16"),
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        style(self.fields["encoding"].widget)

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > services.MAX_UPLOAD_BYTES:
            raise ValidationError(_("The file is larger than 50 MB."))
        return file
