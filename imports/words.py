"""What the columns of a file become, in words for people."""

from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from imports.models import ImportJob
from imports.targets import Field, Target

TYPES = {
    "numeric": _("Number"),
    "string": _("Text"),
    "date": _("Date"),
    "timestamp": _("Date and time"),
    "boolean": _("Yes or no"),
    "array": _("List"),
}
CONSENT = (
    ("consent:email", _("May be e-mailed: no means stop")),
    ("consent:email:inverted", _("Do not e-mail: yes means stop")),
)
# What is said while no column becomes a field, by target.
UNMAPPED = {
    "customers": (
        (
            "lms_lead_id",
            _(
                "No column is the LMS lead ID, so customers are told apart by their"
                " e-mail addresses alone. Rows with the same address are one customer."
            ),
        ),
        (
            "email",
            _(
                "No column is the e-mail address, so customers who are new in this file"
                " cannot be mailed."
            ),
        ),
    ),
}


def describe(target: Target, text: str) -> str:
    """Put a column's mapping into words."""
    field = target.field(text)
    if field is not None:
        return label_of(field)
    kind, _colon, rest = text.partition(":")
    if kind == target.extra:
        name, _colon, field_type = rest.rpartition(":")
        if field_type not in TYPES:
            return str(
                _("%(kind)s “%(name)s”") % {"kind": capfirst(kind), "name": rest}
            )
        words = {"kind": capfirst(kind), "name": name, "type": TYPES[field_type]}
        return str(_("%(kind)s “%(name)s” (%(type)s)") % words)
    return str(dict(CONSENT).get(text.removesuffix(":only"), text))


def label_of(field: Field) -> str:
    return f"{field.label or field.name} ({field.name})"


def missing_fields(job: ImportJob) -> list[str]:
    """Say what it means that no column of a job becomes a field that matters."""
    mapped = set(job.mapping.values())
    return [
        str(words) for name, words in UNMAPPED.get(job.target, ()) if name not in mapped
    ]
