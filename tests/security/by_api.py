"""Fills every text field that the API's description knows, so that none is forgotten."""

from datetime import timedelta
from pathlib import Path

import yaml
from django.utils import timezone

from tests.security.payloads import PAYLOADS

DESCRIPTION = Path(__file__).parents[2] / "openapi.yml"
ROOT = "/api/v1/"
# What the others refer to comes first.
FIRST = ["customers", "attributes", "groups", "sessions"]
# Texts that must name something that is there, and what they name.
NAMED = {
    "email": lambda number: f"p{number}'+{{{{x}}}}`@example.org",
    "timezone": lambda number: "Europe/London",
    "topic": lambda number: "",
    "template": lambda number: "Receipt",
    "starts_at": lambda number: moment(number),
}


def moment(number):
    return (timezone.now() - timedelta(days=2, minutes=number)).isoformat()


class ApiFields:
    """The bodies that can be posted, by path, from the API's own description."""

    def __init__(self):
        self.schema = yaml.safe_load(DESCRIPTION.read_text())
        self.filled = set()

    def batches(self):
        """Name the resources that take many rows at once."""
        ends = "/batch/"
        found = [
            path.removeprefix(ROOT).removesuffix(ends)
            for path in self.schema["paths"]
            if path.endswith(ends)
        ]
        return sorted(
            found, key=lambda name: (*(name != one for one in FIRST), found.index(name))
        )

    def texts(self):
        """Name every text field of what can be posted, one by one or many, by path."""
        return {
            (path.replace("batch/", ""), name)
            for path in self.paths()
            for name, field in self._fields(path).items()
            if _is_text(field) or _is_free(field)
        }

    def paths(self):
        return [
            path
            for path, verbs in self.schema["paths"].items()
            if "post" in verbs and "requestBody" in verbs["post"]
        ]

    def body(self, path, number):
        """Return a body whose texts are one payload, as long as each may be."""
        payload, made = PAYLOADS[number], {}
        for name, field in self._fields(path).items():
            value = self._value(name, field, number, payload)
            if value is None:
                continue
            made[name] = value
            if _is_text(field) or _is_free(field):
                self.filled.add((path.replace("batch/", ""), name))
        return made

    def _value(self, name, field, number, payload):
        if name in NAMED:
            return NAMED[name](number)
        if name == "field_value":
            return payload
        if "enum" in field:
            kinds = field["enum"]
            return "string" if "string" in kinds else kinds[0]
        if field.get("type") == "object":
            named = {"subject": payload, "many": [payload]}
            return named if name == "data" else named | {payload: payload}
        if _is_text(field):
            return payload[: field.get("maxLength")]
        return {"decimal": "12.50", "date-time": moment(number)}.get(
            field.get("format", "")
        )

    def _fields(self, path):
        content = self.schema["paths"][path]["post"]["requestBody"]["content"]
        body = self._resolved(content["application/json"]["schema"])
        items = body.get("properties", {}).get("items")
        if items:
            body = self._resolved(items["items"])
        return {
            name: self._resolved(field)
            for name, field in body.get("properties", {}).items()
        }

    def _resolved(self, schema):
        for one in (schema, *schema.get("allOf", ()), *schema.get("oneOf", ())):
            if "$ref" in one:
                name = one["$ref"].rpartition("/")[2]
                return self._resolved(self.schema["components"]["schemas"][name])
        return schema


def _is_text(field):
    is_free = "enum" not in field and "format" not in field
    return field.get("type") == "string" and is_free


def _is_free(field):
    """Whether a field takes whatever JSON has."""
    return field.get("type") == "object" or not field.get("type", "")
