"""Expressions for the decoders and encoders of a model's fields."""

from __future__ import annotations

from typing import Any

import pytest
from openapi_python_client.parser.properties import Property

from generator import decoders
from tests.generator.documents import described, parsed

SCHEMAS: dict[str, dict[str, Any]] = {
    "Other": {"type": "object"},
    "Kind": {"type": "string", "enum": ["b", 'a"c', "é"]},
    "Level": {"type": "integer", "enum": [3, -1]},
    "Sort": {"type": "string", "enum": ["b", "a"]},
    "Pair": {"oneOf": [{"type": "integer"}, {"type": "array", "items": {"type": "string"}}]},
    "Open": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
}
FIELDS: dict[str, tuple[dict[str, Any], str, str]] = {
    "any": ({}, "codec.anything", "self.x"),
    "boolean": ({"type": "boolean"}, "codec.boolean", "self.x"),
    "date": ({"type": "string", "format": "date"}, "codec.date", "codec.encode(self.x)"),
    "date-time": ({"type": "string", "format": "date-time"}, "codec.date_time", "codec.encode(self.x)"),
    "number": ({"type": "number"}, "codec.number", "self.x"),
    "integer": ({"type": "integer"}, "codec.integer", "self.x"),
    "null": ({"type": "null"}, "codec.null", "self.x"),
    "string": ({"type": "string"}, "codec.string", "self.x"),
    "uuid": ({"type": "string", "format": "uuid"}, "codec.uuid", "codec.encode(self.x)"),
    "file": ({"type": "string", "format": "binary"}, "codec.file", "codec.encode(self.x)"),
    "const": ({"const": "a"}, "codec.constant_of('a')", "self.x"),
    "model": ({"$ref": "#/components/schemas/Other"}, "Other.from_dict", "self.x.to_dict()"),
    "enum": (
        {"$ref": "#/components/schemas/Kind"},
        r'codec.enum_of(Kind, str, "\"b\", \"a\\\"c\", \"é\"")',
        "codec.encode(self.x)",
    ),
    "integer-enum": (
        {"$ref": "#/components/schemas/Level"},
        'codec.enum_of(Level, int, "3, -1")',
        "codec.encode(self.x)",
    ),
    "union": (
        {"$ref": "#/components/schemas/Pair"},
        "codec.union_of(codec.integer, codec.array_of(codec.string))",
        "codec.encode(self.x)",
    ),
    "any-string-last": (
        {"anyOf": [{"type": "string"}, {"type": "null"}, {"type": "string", "format": "date"}]},
        "codec.union_of(codec.null, codec.date, codec.string)",
        "codec.encode(self.x)",
    ),
    "array": (
        {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}},
        "codec.array_of(codec.array_of(codec.integer))",
        "codec.encode(self.x)",
    ),
}


def properties(
    schemas: dict[str, Any], monkeypatch: pytest.MonkeyPatch, *, required: bool = True, **settings: Any
) -> dict[str, Property]:
    """Return the fields of a model with these schemas."""
    model = {"type": "object", "properties": schemas, "required": list(schemas) if required else []}
    document = described(components={"schemas": {**SCHEMAS, "Model": model}})
    data, _ = parsed(document, monkeypatch, **settings)
    (found,) = (model for model in data.models if model.class_info.name == "Model")
    return {
        property_.python_name: property_
        for property_ in [*(found.required_properties or []), *(found.optional_properties or [])]
    }


def test_each_kind_of_property_has_its_decoder(monkeypatch: pytest.MonkeyPatch) -> None:
    """And its encoder."""
    found = {kind: properties({"x": schema}, monkeypatch)["x"] for kind, (schema, _, _) in FIELDS.items()}
    code = {kind: (FIELDS[kind][0], decoders.decoder(field), decoders.encoded(field)) for kind, field in found.items()}
    assert code == FIELDS


def test_literal_enum_is_decoded_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Upstream has its values in a set."""
    references = {name: {"$ref": f"#/components/schemas/{name.title()}"} for name in ("sort", "level")}
    found = properties(references, monkeypatch, literal_enums=True)
    assert {name: (decoders.decoder(field), decoders.encoded(field)) for name, field in found.items()} == {
        "sort": (r'codec.enum_of(check_sort, str, "\"a\", \"b\"")', "self.sort"),
        "level": ('codec.enum_of(check_level, int, "-1, 3")', "self.level"),
    }


def test_optional_model_is_encoded_by_function(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be UNSET, which has no `to_dict`."""
    found = properties({"x": {"$ref": "#/components/schemas/Other"}}, monkeypatch, required=False)["x"]
    assert decoders.encoded(found) == "codec.encode(self.x)"


HOISTED = {"any-string-last", "date-time", "const", "enum", "integer-enum", "union", "array"}


def test_decoders_that_are_made_are_hoisted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Into a variable of the module, under the name of the field."""
    found = {kind: properties({"x": schema}, monkeypatch)["x"] for kind, (schema, _, _) in FIELDS.items()}
    assert {kind for kind, field in found.items() if decoders.is_hoisted(field)} == HOISTED
    assert {kind: decoders.field_decoder(field) for kind, field in found.items()} == {
        kind: "_decode_x" if kind in HOISTED else decoder for kind, (_, decoder, _) in FIELDS.items()
    }


PLAIN = {"type": "array", "items": {"type": "string"}}
NESTED = {"type": "array", "items": PLAIN}


def test_value_is_decoded_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the fastest code for its kind."""
    other = {"$ref": "#/components/schemas/Other"}
    fields = {"any": {}, "plain": PLAIN, "nested": NESTED, "number": {"type": "number"}, "other": other}
    found = properties(fields, monkeypatch)
    assert {name: decoders.decoded(field, "data[field]") for name, field in found.items()} == {
        "any": "data[field]",
        "plain": "codec.array(data[field], codec.string)",
        "nested": "_decode_nested(data[field])",
        "number": "codec.number(data[field])",
        "other": "Other.from_dict(data[field])",
    }


def test_hoisted_decoders_of_a_model_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    """An array with a plain decoder needs none, except as additional properties."""
    found = properties({"plain": PLAIN, "nested": NESTED, "text": {"type": "string"}}, monkeypatch)
    fields = list(found.values())
    assert decoders.hoisted(fields, None) == [found["nested"]]
    assert decoders.hoisted(fields, found["text"]) == [found["nested"]]
    assert decoders.hoisted(fields, found["plain"]) == [found["nested"], found["plain"]]


def test_inline_check_is_for_exact_classes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A number may be an int or a float."""
    expected = {"string": "str", "integer": "int", "boolean": "bool", "number": None}
    found = properties({name: {"type": name} for name in expected}, monkeypatch)
    assert {name: decoders.inline_check(field) for name, field in found.items()} == expected
