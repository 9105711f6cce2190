"""Null is written as an alternative where openapi-python-client would lose it."""

from __future__ import annotations

import copy
from typing import Any

from generator.rewrites import spell_out_nulls

A = {"$ref": "#/components/schemas/A"}
B = {"$ref": "#/components/schemas/B"}
NULL = {"type": "null"}
PROPERTIES = {"properties": {"a": {"type": "string"}}}

Schema = dict[str, Any]
SPELLED_OUT: dict[str, tuple[Schema, Schema]] = {
    "enum": ({"type": ["string", "null"], "enum": ["a", None]}, {"enum": ["a", None]}),
    "enum-3.0": ({"type": "string", "nullable": True, "enum": ["a", None]}, {"enum": ["a", None]}),
    "one-of": ({"type": ["object", "null"], "oneOf": [A, B]}, {"oneOf": [A, B, NULL]}),
    "any-of-3.0": ({"type": "object", "nullable": True, "anyOf": [A]}, {"anyOf": [A, NULL]}),
    "all-of": ({"type": ["object", "null"], "allOf": [A]}, {"oneOf": [NULL, {"allOf": [A]}]}),
    "all-of-3.0": (
        {"nullable": True, "title": "T", "description": "D", "allOf": [A], **PROPERTIES, "required": ["a"]},
        {
            **{"title": "T", "description": "D"},
            "oneOf": [NULL, {"title": "T", "allOf": [A], **PROPERTIES, "required": ["a"]}],
        },
    ),
    "all-of-closed": (
        {"nullable": True, "allOf": [A], "additionalProperties": False},
        {"oneOf": [NULL, {"allOf": [A], "additionalProperties": False}]},
    ),
    "no-type": ({"nullable": True, **PROPERTIES}, {"nullable": True, "type": "object", **PROPERTIES}),
}
UNCHANGED: list[Schema] = [
    {"type": ["string", "null"]},
    {"type": "object", "nullable": True, **PROPERTIES},
    {"type": ["object", "null"], **PROPERTIES},
    {"type": "string", "enum": ["a"]},
    {"type": "object", "nullable": False, "oneOf": [A, B]},
    {"nullable": True},
    {"properties": {"nullable": A, "oneOf": A}, "example": {"nullable": True, "oneOf": []}},
]


def test_null_is_an_alternative() -> None:
    """However it is allowed, and wherever the schema is."""
    schemas = {name: copy.deepcopy(schema) for name, (schema, _) in SPELLED_OUT.items()}
    spell_out_nulls({"components": {"schemas": {"X": {"properties": schemas}}}})
    assert schemas == {name: expected for name, (_, expected) in SPELLED_OUT.items()}


def test_other_schema_stays_as_it_is() -> None:
    """One that has no null, or whose null is not lost."""
    schemas = copy.deepcopy(UNCHANGED)
    spell_out_nulls({"oneOf": schemas})
    assert schemas == UNCHANGED
