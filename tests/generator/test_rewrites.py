"""A document means the same after it was rewritten, and nothing in it is lost."""

from __future__ import annotations

import copy
from typing import Any

from generator.rewrites import normalize, order_alternatives, spell_out_nulls

A = {"$ref": "#/components/schemas/A"}
B = {"$ref": "#/components/schemas/B"}
NULL = {"type": "null"}
PROPERTIES = {"properties": {"a": {"type": "string"}}}

Schema = dict[str, Any]
WRITTEN_OUT: dict[str, tuple[Schema, Schema]] = {
    "enum": ({"type": ["string", "null"], "enum": ["a"]}, {"type": ["string", "null"], "enum": ["a", None]}),
    "enum-3.0": (
        {"type": "string", "nullable": True, "enum": ["a"]},
        {"type": "string", "nullable": True, "enum": ["a", None]},
    ),
    "default": ({**A, "default": "a", "title": "T"}, {"allOf": [A], "default": "a", "title": "T"}),
    "nullable": ({**A, "nullable": True}, {"allOf": [A], "nullable": True}),
    "file": (
        {"contentMediaType": "image/png"},
        {"contentMediaType": "image/png", "type": "string", "format": "binary"},
    ),
    "type": ({"type": ["string", None]}, {"type": ["string", "null"]}),
    "items": ({"prefixItems": [A, B], "items": NULL}, {"items": {"anyOf": [A, B, NULL]}}),
    "items-of-one": ({"prefixItems": [A], "items": False}, {"items": A}),
    "default-text": ({"type": "string", "default": 6}, {"type": "string", "default": "6"}),
    "default-number": ({"type": "number", "default": "5.5"}, {"type": "number", "default": 5.5}),
    "default-integer": ({"type": "integer", "default": "4"}, {"type": "integer", "default": 4}),
    "default-boolean": ({"type": "boolean", "default": "False"}, {"type": "boolean", "default": False}),
    "limits": ({**PROPERTIES, "anyOf": [{"required": ["a"]}, {"required": ["b"], "title": "B"}]}, PROPERTIES),
    "alternative": ({"anyOf": [A, {"nullable": True}]}, {"anyOf": [A, NULL]}),
}
WRITTEN_ALREADY: list[Schema] = [
    {"type": ["string", "null"], "enum": ["a", None]},
    {"type": "string", "enum": ["a"]},
    {"type": ["string", "null"], "enum": []},
    {**A, "description": "D"},
    {"properties": {"$ref": A, "default": A, "nullable": B, "enum": ["a"]}, "example": {**A, "default": "a"}},
    {"example": {200: "a"}},
    {"type": "string", "contentMediaType": "image/png", "contentEncoding": "base64"},
    {"type": "string", "contentMediaType": "application/json"},
    {"anyOf": [A, {"nullable": False}], "oneOf": "a"},
    {"type": "string", "default": 1.5},
    {"type": "integer", "default": "many"},
    {"type": "integer", "default": "null"},
    {"type": ["integer", "null"], "default": "5"},
    {"default": "5"},
    {"anyOf": [{"required": ["a"]}, {"required": ["b"], **PROPERTIES}]},
]
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


def test_shorthand_is_written_out() -> None:
    """As most documents mean it, whatever the letter of OpenAPI 3.0 says of what is beside a $ref."""
    schemas = {name: copy.deepcopy(schema) for name, (schema, _) in WRITTEN_OUT.items()}
    normalize({"components": {"schemas": {"X": {"properties": schemas}}}})
    assert schemas == {name: expected for name, (_, expected) in WRITTEN_OUT.items()}


def test_unquoted_status_is_text() -> None:
    """In its place among the others; of one that is there twice, none is lost."""
    responses: dict[Any, Any] = {200: {"content": {}}, "2XX": {}, 404: A, "500": {}}
    document: dict[str, Any] = {"paths": {"/a": {"get": {"responses": responses}}}}
    normalize(document)
    assert list(responses.items()) == [("200", {"content": {}}), ("2XX", {}), ("404", A), ("500", {})]
    twice: dict[Any, Any] = {200: A, "200": B}
    normalize({"responses": twice})
    assert twice == {200: A, "200": B}


def test_written_out_schema_stays_as_it_is() -> None:
    """And what is no schema: an example, and properties of such names."""
    schemas = copy.deepcopy(WRITTEN_ALREADY)
    normalize({"oneOf": schemas})
    assert schemas == WRITTEN_ALREADY


def test_alternative_with_more_required_is_first() -> None:
    """Else one with fewer would be taken for it; the others stay in their order."""
    narrow = {"type": "object", **PROPERTIES, "required": ["a"]}
    wide = {"type": "object", "properties": {**PROPERTIES["properties"], "b": NULL}, "required": ["a", "b"]}
    document: Schema = {"oneOf": [{"type": "integer"}, narrow, {"type": "string"}, wide, NULL], "anyOf": "a"}
    order_alternatives(document)
    assert document == {"oneOf": [{"type": "integer"}, wide, narrow, {"type": "string"}, NULL], "anyOf": "a"}


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
