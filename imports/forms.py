"""What a person says about a file: which it is, and what its columns mean."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from imports.models import ImportJob
from imports.services import mappings_for
from imports.targets import Target
from imports.words import CONSENT, TYPES, UNMAPPED, label_of

ENCODINGS = (
    ("", _("Found automatically")),
    ("utf-8", "UTF-8"),
    ("utf-16", "UTF-16"),
    ("cp1252", _("Western (Windows-1252)")),
    ("iso-8859-1", _("Western (ISO 8859-1)")),
    ("mac_roman", _("Western (Mac)")),
    ("cp1250", _("Central European (Windows-1250)")),
    ("cp1251", _("Cyrillic (Windows-1251)")),
    ("cp1253", _("Greek (Windows-1253)")),
    ("cp1254", _("Turkish (Windows-1254)")),
    ("shift_jis", _("Japanese (Shift JIS)")),
    ("gb18030", _("Chinese (GB 18030)")),
)
DELIMITERS = (
    ("", _("Found automatically")),
    (",", _("Comma")),
    (";", _("Semicolon")),
    ("\t", _("Tab")),
    ("|", _("Vertical bar")),
)
DATE_ORDERS = (
    ("", _("As found in each column")),
    ("dmy", _("Day first, as 31/03/2026")),
    ("mdy", _("Month first, as 03/31/2026")),
)
OPTIONS_SHOWN = (
    "date_order",
    "timezone",
    "decimal_comma",
    "all_or_nothing",
    "may_start_workflows",
)
NEW = "new"
# Words that exports write for "nothing was chosen"; offered when a file uses them.
EMPTY_WORDS = ("select", "n/a", "na", "null", "none", "nan", "unknown", "-", "--")
SAMPLES_SHOWN = 3


class UploadForm(forms.Form):
    """Which file it is, and how it is written."""

    target = forms.ChoiceField(label=_("What the rows are"))
    file = forms.FileField(
        label=_("File"),
        help_text=_(
            "CSV, TSV or the first sheet of an Excel workbook (.xlsx); also as .gz, or"
            " alone in a .zip."
        ),
        error_messages={
            "required": _("Choose a file."),
            "empty": _("The file is empty."),
        },
    )
    encoding = forms.ChoiceField(label=_("Encoding"), choices=ENCODINGS, required=False)
    delimiter = forms.ChoiceField(
        label=_("Delimiter"), choices=DELIMITERS, required=False
    )

    def __init__(self, targets: list[Target], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["target"]
        field.choices = [(target.name, capfirst(target.label)) for target in targets]
        if len(targets) == 1:
            field.widget = forms.HiddenInput()
            field.initial = targets[0].name


class FillInForm(forms.Form):
    """Which saved mapping the columns of a file are filled in from."""

    saved_mapping: Any = forms.ModelChoiceField(
        label=_("Fill the columns in from"),
        queryset=None,
        required=False,
        empty_label=_("The names of the columns alone"),
    )

    def __init__(self, job: ImportJob, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["saved_mapping"]
        field.queryset = mappings_for(job.target)
        field.initial = job.saved_mapping_id


@dataclass(frozen=True)
class ColumnRow:
    """One line of the table that says what each column is."""

    name: str
    samples: list[str]
    note: str
    what: forms.BoundField
    new_name: forms.BoundField
    new_type: forms.BoundField
    filled: int
    nearly: list[dict[str, Any]]
    dates: forms.BoundField | None


class ColumnsForm(forms.Form):
    """What each column of a file becomes, and how its cells are to be read."""

    missing = forms.CharField(
        label=_("Words that mean an empty cell"),
        required=False,
        max_length=500,
        help_text=_("Separated by commas, such as: Select, N/A"),
    )
    date_order = forms.ChoiceField(
        label=_("Dates are written"), choices=DATE_ORDERS, required=False
    )
    timezone = forms.CharField(
        label=_("Time zone of times without one"),
        required=False,
        max_length=64,
        help_text=_("Such as Europe/Paris; empty: the system's own."),
    )
    decimal_comma = forms.BooleanField(
        label=_("Numbers have a decimal comma, as 12,5"), required=False
    )
    all_or_nothing = forms.BooleanField(
        label=_("Import nothing if a single row is refused"), required=False
    )
    may_start_workflows = forms.BooleanField(
        label=_("Rows may start workflows, as if they happened now"),
        required=False,
        help_text=_(
            "The check says how many would. Without it the rows are history and start"
            " nothing."
        ),
    )
    save_as = forms.CharField(
        label=_("Save what the columns are as"),
        required=False,
        max_length=100,
        help_text=_("A file with the same columns is then filled in by itself."),
    )

    def __init__(
        self,
        job: ImportJob,
        target: Target,
        existing: Mapping[str, str],
        *args: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.job, self.target, self.existing = job, target, existing
        for name in OPTIONS_SHOWN:
            self.initial.setdefault(name, job.options.get(name))
        self._limit_switches()
        self.initial.setdefault("missing", ", ".join(job.options.get("missing") or ()))
        if job.saved_mapping:
            self.initial.setdefault("save_as", job.saved_mapping.name)
        choices = self._choices()
        for index, column in enumerate(job.columns):
            self._add_column(index, column, choices)

    def _limit_switches(self) -> None:
        """Offer only the switches that this file and this target can have."""
        if self.target.heard is None:
            del self.fields["may_start_workflows"]
        if self.job.rows_total > settings.IMPORT_WHOLE_ROWS:
            self.fields["all_or_nothing"].help_text = _(
                "A file of this size comes in by batches. If a row is refused on the way,"
                " all that has come in is taken back."
            )

    def _choices(self) -> list[Any]:
        choices: list[Any] = [("", _("Leave out"))]
        fields = [(field.name, label_of(field)) for field in self.target.fields]
        choices.append((capfirst(self.target.label), fields))
        if "consent" in self.target.flags:
            choices.append((_("Consent"), list(CONSENT)))
        extra = self.target.extra
        if extra:
            known = [
                (f"{extra}:{name}", f"{name} ({TYPES.get(kind, kind)})")
                for name, kind in sorted(self.existing.items())
            ]
            if known:
                choices.append((_("Known already"), known))
            choices.append((NEW, _("New %(kind)s") % {"kind": extra}))
        return choices

    def _add_column(
        self, index: int, column: dict[str, Any], choices: list[Any]
    ) -> None:
        header = column["name"]
        what, name, kind = self._split(self.job.mapping.get(header, ""), header)
        label = {"column": header}
        found = TYPES.get(kind)
        automatic = (
            _("Automatic: %(type)s") % {"type": found} if found else _("Automatic")
        )
        self.fields[f"what_{index}"] = forms.ChoiceField(
            choices=choices,
            required=False,
            initial=what,
            widget=forms.Select(
                attrs={"aria-label": _("What “%(column)s” is") % label}
            ),
        )
        self.fields[f"name_{index}"] = forms.CharField(
            required=False,
            max_length=255,
            initial=name,
            widget=forms.TextInput(
                attrs={"aria-label": _("New name of “%(column)s”") % label}
            ),
        )
        self.fields[f"type_{index}"] = forms.ChoiceField(
            choices=[("", automatic), *TYPES.items()],
            required=False,
            widget=forms.Select(
                attrs={"aria-label": _("Type of “%(column)s”") % label}
            ),
        )

        if column["types"].get("dates", {}).get("order") in ("ask", "mixed"):
            self.fields[f"dates_{index}"] = forms.ChoiceField(
                choices=[("", _("Say which")), *DATE_ORDERS[1:]],
                required=False,
                initial=self.job.options.get("date_orders", {}).get(header, ""),
                widget=forms.Select(
                    attrs={"aria-label": _("Order of dates in “%(column)s”") % label}
                ),
            )

    def _split(self, text: str, header: str) -> tuple[str, str, str]:
        """Take a mapping apart into the choice, the new name and the type."""
        prefix = f"{self.target.extra}:"
        if not self.target.extra or not text.startswith(prefix):
            return text.removesuffix(":only"), header, ""
        name, _colon, kind = text.removeprefix(prefix).rpartition(":")
        if kind not in TYPES:
            name, kind = text.removeprefix(prefix), ""
        if name in self.existing:
            return f"{prefix}{name}", name, kind
        return NEW, name, kind

    def rows(self) -> Iterator[ColumnRow]:
        """Yield what the page shows of each column."""
        for index, column in enumerate(self.job.columns):
            samples = [cell for cell in column["sample"] if cell][:SAMPLES_SHOWN]
            yield ColumnRow(
                column["name"],
                samples,
                column["note"],
                self[f"what_{index}"],
                self[f"name_{index}"],
                self[f"type_{index}"],
                column["types"].get("filled", 0),
                [
                    near | {"label": TYPES[near["type"]]}
                    for near in column["types"].get("nearly", [])
                ],
                self[f"dates_{index}"] if f"dates_{index}" in self.fields else None,
            )

    def empty_words(self) -> list[str]:
        """List words in the first rows that often mean that a cell is empty."""
        cells = {
            cell.strip()
            for column in self.job.columns
            for cell in column["sample"]
            if cell.strip().lower() in EMPTY_WORDS
        }
        return sorted(cells)

    def mapping(self) -> dict[str, str]:
        """Say what each column becomes, in the words of the import engine."""
        return {
            column["name"]: self._text(index, column["name"])
            for index, column in enumerate(self.job.columns)
        }

    def _text(self, index: int, header: str) -> str:
        data = self.cleaned_data
        what: str = data[f"what_{index}"]
        if what != NEW:
            return what
        name = data[f"name_{index}"].strip() or header
        kind = data[f"type_{index}"]
        return f"{self.target.extra}:{name}" + (f":{kind}" if kind else "")

    def options(self) -> dict[str, Any]:
        """Say how cells are read, in the words of the import engine."""
        words = self.cleaned_data["missing"].split(",")
        return {
            "missing": [word.strip() for word in words if word.strip()],
            "date_order": self.cleaned_data["date_order"],
            "date_orders": self._date_orders(),
            "timezone": self.cleaned_data["timezone"].strip(),
            "decimal_comma": self.cleaned_data["decimal_comma"],
            "all_or_nothing": self.cleaned_data["all_or_nothing"],
            "may_start_workflows": self.cleaned_data.get("may_start_workflows", False),
        }

    def _date_orders(self) -> dict[str, str]:
        """Say the order of the dates of the columns that leave it open."""
        return {
            column["name"]: order
            for index, column in enumerate(self.job.columns)
            if (order := self.cleaned_data.get(f"dates_{index}"))
        }

    def unmapped(self) -> list[tuple[str, Any]]:
        """Pair the fields that matter most with what it means that none becomes them;
        the page shows each while no column does."""
        return [
            (name, words)
            for name, words in UNMAPPED.get(self.target.name, ())
            if self.target.field(name)
        ]

    def add_column_error(self, column: str, message: str) -> None:
        """Show what is wrong with a column at its line, or else above the table."""
        names = [found["name"] for found in self.job.columns]
        field = f"what_{names.index(column)}" if column in names else None
        self.add_error(field, message)
