"""What each column of a file becomes: suggested, parsed and validated."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from imports.errors import MappingError
from imports.services.casts import EXTRA_TYPES, Reading
from imports.targets import Field, Target

_NOT_WORD = re.compile(r"[^a-z0-9]+")
MAX_NAME = 255


@dataclass(frozen=True)
class Destination:
    """One thing that one column becomes.

    `kind` is "field", "extra" or "flag". A field has a `name`; an extra a name and
    one of the six types; a flag a name such as "consent:email", negated when
    `inverted`.
    """

    index: int
    header: str
    kind: str
    name: str
    type: str = ""
    inverted: bool = False


def normal_name(header: str) -> str:
    """Return a header as a field's name would be spelled."""
    return _NOT_WORD.sub("_", header.casefold()).strip("_")


def suggest(target: Target, header: str, taken: Iterable[str]) -> str:
    """Suggest the mapping of one column by its header alone."""
    name = normal_name(header)
    for known in target.fields:
        is_it = name == known.name or name in known.aliases
        if is_it and known.suggested and known.name not in taken:
            return known.name
    return f"{target.extra}:{_typed_name(header)}" if target.extra else ""


def _typed_name(header: str) -> str:
    """Keep the type of a header such as "age:numeric"; other colons are escaped."""
    name, colon, field_type = header.rpartition(":")
    if colon and field_type.strip() in EXTRA_TYPES and name.strip():
        return f"{name.strip()}:{field_type.strip()}"
    return header


def parse(target: Target, index: int, header: str, value: str) -> list[Destination]:
    """Turn one mapping such as "attribute:age:numeric" into destinations."""
    value = value.strip()
    if not value:
        return []
    if target.field(value):
        return [Destination(index, header, "field", value)]
    kind, _, rest = value.partition(":")
    if kind == target.extra and kind:
        return [_extra(index, header, rest)]
    if kind in target.flags:
        return _flag(target, index, header, kind, rest)
    raise MappingError(
        f"“{value}” is nothing that {target.label} have. Choose one of"
        f" {', '.join(field.name for field in target.fields)}{_and_more(target)}.",
        header,
    )


def _and_more(target: Target) -> str:
    kinds = [f"{target.extra}:NAME[:TYPE]"] if target.extra else []
    kinds += [f"{flag}:CHANNEL[:inverted][:only]" for flag in target.flags]
    return "".join(f", {kind}" for kind in kinds)


def _extra(index: int, header: str, rest: str) -> Destination:
    name, _, field_type = rest.rpartition(":")
    if field_type not in EXTRA_TYPES:
        name, field_type = rest, ""
    name = name.strip() or header
    if len(name) > MAX_NAME or "\0" in name:
        raise MappingError("A name has 1 to 255 characters.", header)
    return Destination(index, header, "extra", name, field_type)


def _flag(
    target: Target, index: int, header: str, kind: str, rest: str
) -> list[Destination]:
    channel, *words = rest.split(":")
    if not channel or set(words) - {"inverted", "only"}:
        raise MappingError(
            f"Write {kind}:CHANNEL, and :inverted when yes means no.", header
        )
    flag = Destination(
        index, header, "flag", f"{kind}:{channel}", inverted="inverted" in words
    )
    if "only" in words or not target.extra:
        return [flag]
    return [flag, Destination(index, header, "extra", header, "boolean")]


def parse_all(
    target: Target, header: list[str], mapping: Mapping[str, str]
) -> list[Destination]:
    """Parse a whole mapping and refuse what cannot stand together."""
    unknown = [name for name in mapping if name not in header]
    if unknown:
        raise MappingError(f"The file has no column “{unknown[0]}”.", unknown[0])
    found = [
        destination
        for index, name in enumerate(header)
        for destination in parse(target, index, name, mapping.get(name, ""))
    ]
    _refuse_conflicts(found)
    _require(target, {item.name for item in found if item.kind == "field"})
    return found


def _refuse_conflicts(found: list[Destination]) -> None:
    seen: dict[tuple[str, str], str] = {}
    for item in found:
        key = (item.kind, item.name)
        if key in seen:
            raise MappingError(
                f"“{seen[key]}” and “{item.header}” both become “{item.name}”.",
                item.header,
            )
        seen[key] = item.header


def _require(target: Target, mapped: set[str]) -> None:
    missing = [f.name for f in target.fields if f.required and f.name not in mapped]
    if missing:
        raise MappingError(
            f"No column becomes {missing[0]}, which {target.label} need."
        )
    if target.identified_by and not mapped & set(target.identified_by):
        choices = " or ".join(target.identified_by)
        raise MappingError(f"Say which column is {choices}.")


def check_types(target: Target, found: list[Destination]) -> None:
    """Refuse an extra whose type is not the one that it has already."""
    typed = {item.name: item for item in found if item.kind == "extra" and item.type}
    known = target.known_types(list(typed))
    for name, item in typed.items():
        if known.get(name, item.type) != item.type:
            raise MappingError(
                f"“{name}” is of type {known[name]} already, so it cannot become"
                f" {item.type}.",
                item.header,
            )


def fields_of(target: Target, found: list[Destination]) -> list[tuple[Field, int]]:
    """Pair each mapped field of the target with the index of its column."""
    indexes = {item.name: item.index for item in found if item.kind == "field"}
    return [(f, indexes[f.name]) for f in target.fields if f.name in indexes]


def reading_of(options: Mapping[str, object]) -> Reading:
    """Read the options of a job that say how cells are written."""
    missing = options.get("missing") or ()
    words = tuple(str(word) for word in missing) if isinstance(missing, list) else ()
    orders = options.get("date_orders")
    return Reading(
        missing=words,
        date_order=str(options.get("date_order") or ""),
        date_orders=orders if isinstance(orders, dict) else {},
        serial_dates=True,
        decimal_comma=bool(options.get("decimal_comma")),
        timezone=str(options.get("timezone") or ""),
    )
