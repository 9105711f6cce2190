"""Corrections of openapi-python-client's parser."""

from __future__ import annotations

from typing import Any

import pytest
from openapi_python_client import strings
from openapi_python_client.schema.untrusted_string import UntrustedString

from generator.errors import GenerationError
from generator.project import load_settings
from generator.upstream import parse
from tests.generator.documents import described
from tools import ROOT

SETTINGS = load_settings(ROOT / "generator-config.yaml", ROOT / "openapi.yaml")
VALUE = 'a "quoted"\n\\backslash'


def properties(**named: Any) -> dict[str, Any]:
    """Return the Python code of the defaults of properties."""
    schema = {"type": "object", "properties": named}
    (model,) = parse(described(components={"schemas": {"X": schema}}), SETTINGS).models
    return {
        field.python_name: field.default and field.default.python_code.as_unembedded_code()
        for field in model.optional_properties or []
    }


def test_texts_are_escaped_once() -> None:
    assert properties(a={"type": "string", "default": VALUE}) == {"a": repr(VALUE)}


def test_values_of_enums_are_as_written() -> None:
    """Templates escape them; a default is found among them."""
    data = parse(described(components={"schemas": {"E": {"enum": [VALUE], "default": VALUE}}}), SETTINGS)
    (enum,) = data.enums
    assert list(enum.values.values()) == [VALUE]  # type: ignore[union-attr]
    assert properties(a={"enum": ["b", VALUE], "default": "b"}) == {"a": "XA.B"}


def test_messages_show_names() -> None:
    with pytest.raises(GenerationError) as caught:
        properties(**{"a-b": {"type": "string"}, "ab": {"type": "string"}, "a.b": {"type": "string"}})
    assert "Properties a.b and " in str(caught.value)
    assert "object at 0x" not in str(caught.value)


def test_a_model_that_is_left_out_is_an_error() -> None:
    """The package would not be importable without it."""
    schema = {"type": "object", "properties": {"a": {"type": "string", "format": "date", "default": "soon"}}}
    with pytest.raises(GenerationError, match="Invalid date: "):
        parse(described(components={"schemas": {"X": schema}}), SETTINGS)


def test_nothing_stays_corrected() -> None:
    """Templates still cannot print a text of the document without a filter."""
    parse(described(), SETTINGS)
    assert str(UntrustedString("a")).startswith("<")
    assert strings.in_double_quote_literal('"') == '\\"'
