"""Schemas that extend another by what stands beside allOf."""

from __future__ import annotations

from typing import Any

from generator.project import load_settings, parsed
from tests.generator.documents import described
from tools import ROOT

STRING = {"type": "string"}
A = {"type": "object", "properties": {"a": STRING}}
ALL_OF_A = {"allOf": [{"$ref": "#/components/schemas/A"}]}
MORE = {"properties": {"b": STRING}, "required": ["a"]}


def fields(schema: dict[str, Any]) -> dict[str, dict[str, bool]]:
    """Return the models beside A of a document with this schema, their properties, and whether those are required."""
    document = described(components={"schemas": {"X": schema, "A": A}})
    data, _ = parsed(document, load_settings(ROOT / "generator-config.yaml", ROOT / "test.yaml"))
    return {
        model.class_info.name: {
            each.name.get_untrusted_value(): each.required
            for each in [*(model.required_properties or []), *(model.optional_properties or [])]
        }
        for model in data.models
        if model.class_info.name != "A"
    }


def test_what_is_beside_allof_of_one_reference_is_merged() -> None:
    """As it is beside several entries; openapi-python-client takes it for the reference alone."""
    assert fields({**ALL_OF_A, **MORE}) == {"X": {"a": True, "b": False}}
    assert fields({**ALL_OF_A, "required": ["a"]}) == {"X": {"a": True}}
    assert fields({**ALL_OF_A, "additionalProperties": False}) == {"X": {"a": False}}
    assert fields({**ALL_OF_A, **MORE, "nullable": True}) == {"XType1": {"a": True, "b": False}}
    assert fields({"oneOf": [{**ALL_OF_A, **MORE}, STRING]}) == {"XType0": {"a": True, "b": False}}


def test_allof_of_one_reference_alone_stands_for_it() -> None:
    """It has no class of its own, whatever is said about it."""
    assert fields({**ALL_OF_A, "description": "An A.", "additionalProperties": True}) == {}
    assert fields({**ALL_OF_A, "properties": {}, "required": [], "additionalProperties": {}}) == {}
