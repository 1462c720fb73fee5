"""The JSON schema of a document of conditions."""

from typing import Any

from segments.conditions.reading import VERSION
from segments.conditions.tree import KINDS, Leaf


def json_schema() -> dict[str, Any]:
    """Return the schema (draft 2020-12) that every valid document meets.

    Which operators an attribute takes depends on its type, which no schema knows.
    """
    groups: dict[str, Any] = {
        "all": {"$ref": "#/$defs/members"},
        "any": {"$ref": "#/$defs/members"},
        "not": {"$ref": "#/$defs/node"},
    }
    alternatives = [_object({name: schema}, (name,)) for name, schema in groups.items()]
    leaves = [_leaf(kind) for kind in KINDS.values()]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Conditions of a segment",
        "$defs": {
            "members": {
                "type": "array",
                "items": {"$ref": "#/$defs/node"},
                "minItems": 1,
            },
            "node": {"anyOf": [*alternatives, *leaves]},
        },
        "type": "object",
        "properties": {"version": {"const": VERSION}},
        "required": ["version"],
        "anyOf": [
            _object({"version": True, name: schema}, (name,))
            for name, schema in groups.items()
        ]
        + [_leaf(kind, version=True) for kind in KINDS.values()],
    }


def _leaf(kind: type[Leaf], **more: Any) -> dict[str, Any]:
    properties = {"type": {"const": kind.type}, **kind.keys, **more}
    return {
        "title": kind.type,
        **_object(properties, ("type", *kind.required)),
    }


def _object(properties: dict[str, Any], required: tuple[str, ...]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }
