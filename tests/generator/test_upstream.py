"""Corrections of openapi-python-client's parser."""

from __future__ import annotations

from typing import Any

import pytest
from openapi_python_client import strings
from openapi_python_client.schema.untrusted_string import UntrustedString

from generator import decoders
from generator.errors import GenerationError
from generator.project import load_settings
from generator.upstream import parse
from tests.generator.documents import OK, described
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


def test_default_text_is_escaped_once() -> None:
    """Upstream escapes it before `repr` does."""
    assert properties(a={"type": "string", "default": VALUE}) == {"a": repr(VALUE)}


def test_values_of_enums_are_as_written() -> None:
    """Templates escape them; a default is found among them."""
    data = parse(described(components={"schemas": {"E": {"enum": [VALUE], "default": VALUE}}}), SETTINGS)
    (enum,) = data.enums
    assert list(enum.values.values()) == [VALUE]  # type: ignore[union-attr]
    assert properties(a={"enum": ["b", VALUE], "default": "b"}) == {"a": "XA.B"}


def test_default_of_a_union_keeps_its_type() -> None:
    """A number stays one, and so does a text of digits."""
    union = {"oneOf": [{"type": "string"}, {"type": "integer"}]}
    assert properties(a={**union, "default": 3}, b={**union, "default": "3"}) == {"a": "3", "b": "'3'"}
    array: dict[str, Any] = {"oneOf": [{"type": "array", "items": {}}, {"type": "string"}]}
    assert properties(a={**array, "default": "b"}) == {"a": "'b'"}


def test_object_inside_an_alternative_has_one_class() -> None:
    """Its alternative may be written where it is used, or be what null stands beside, or extend a schema below it."""
    inner = {"type": "object", "properties": {"o": {"type": "object", "properties": {"e": {"enum": ["a"]}}}}}
    unions: list[dict[str, Any]] = [
        {"oneOf": [inner, STRING]},
        {"anyOf": [{"allOf": [{"$ref": "#/components/schemas/Z"}, inner]}, STRING]},
        {**inner, "type": ["object", "null"]},
    ]
    for union in unions:
        document = described(components={"schemas": {"X": union, "Z": PROPERTY}})
        classes = {model.class_info.name for model in parse(document, SETTINGS).models}
        assert classes - {"Z"} in ({"XType0", "XType0O"}, {"XType1", "XType1O"})


STRING = {"type": "string"}
PROPERTY = {"type": "object", "properties": {"k": STRING}}
IN_DOUBT = {"allOf": [PROPERTY, {"properties": {"k": {"type": "integer"}}}]}
CONTENT = {"application/json": {"schema": IN_DOUBT}}
LISTS = [{"type": "array", "items": {"type": kind}} for kind in ("string", "integer")]
NAMES = ("Time", "Time<", "Time>")
UNION = {"application/json": {"schema": {"oneOf": [STRING, IN_DOUBT]}}}


def test_discriminator_is_kept_beside_null() -> None:
    """That of a union to which a property adds null, as `nullable` beside allOf becomes; however either is written."""
    a, b, union = ({"$ref": f"#/components/schemas/{name}"} for name in ("A", "B", "U"))
    kinds = {name: {**PROPERTY, "required": ["k"]} for name in ("A", "B")}
    for keyword in "oneOf", "anyOf":
        field = {keyword: [{"type": "null"}, {"allOf": [union]}]}
        schemas = {
            **kinds,
            "U": {keyword: [a, b], "discriminator": {"propertyName": "k"}},
            "X": {"type": "object", "properties": {"x": field}},
        }
        data = parse(described(components={"schemas": schemas}), SETTINGS)
        (x,) = (model for model in data.models if model.class_info.name == "X")
        assert [decoders.decoder(each) for each in x.optional_properties or []] == [
            'codec.union_of(codec.null, codec.discriminated_union_of("k", {"A": A.from_dict, "B": B.from_dict}))'
        ]


FAULTS = {
    "$.components.schemas.X: 'a.b' and 'a-b' have the same name in Python; rename one": described(
        components={"schemas": {"X": {"type": "object", "properties": {"a-b": STRING, "a.b": STRING}}}}
    ),
    "$.components.schemas.FooBar: two schemas are FooBar in Python; give one another title": described(
        components={"schemas": {"foo_bar": PROPERTY, "FooBar": PROPERTY}}
    ),
    "$.components.schemas.X: two enums are XA in Python; give one another title": described(
        components={"schemas": {"X": {"type": "object", "properties": {"a": {"enum": ["b"]}}}, "XA": {"enum": ["c"]}}}
    ),
    "$.paths['/c'].get.responses['200']: an alternative cannot be generated here; refer to one under "
    "components.schemas": described({"/c": {"get": {"responses": {"200": {"description": "", "content": UNION}}}}}),
    "$.components.schemas.X: a property in allOf is str and int; describe it once": described(
        components={"schemas": {"X": IN_DOUBT}}
    ),
    "$.components.schemas.Y_a: a property in allOf is str and int; describe it once": described(
        components={"schemas": {"Y": STRING, "Y_a": {"oneOf": [STRING, IN_DOUBT]}}}
    ),
    "$.components.schemas.L: a property in allOf is str and int; describe it once": described(
        components={"schemas": {"L": {"allOf": [{"properties": {"k": LISTS[0]}}, {"properties": {"k": LISTS[1]}}]}}}
    ),
    "$.components.schemas.X: an entry of allOf has no properties to merge; give it type: object": described(
        components={"schemas": {"A": {}, "X": {"allOf": [{"$ref": "#/components/schemas/A"}, PROPERTY]}}}
    ),
    "$.paths['/d'].get: two parameters are Time in Python; rename one": described(
        {"/d": {"get": {**OK, "parameters": [{"name": name, "in": "query", "schema": STRING} for name in NAMES]}}}
    ),
    "$.paths['/a'].get.responses['200']: a property in allOf is str and int; describe it once": described(
        {"/a": {"get": {"responses": {"200": {"description": "", "content": CONTENT}}}}}
    ),
    "$.paths['/b'].get: a property in allOf is str and int; describe it once": described(
        {"/b": {"get": {**OK, "parameters": [{"name": "p", "in": "query", "schema": IN_DOUBT}]}}}
    ),
    "$.paths['/a'].get.parameters[0].name: Input should be a valid string": described(
        {"/a": {"get": {"parameters": [{"name": 1}]}}}
    ),
    "$.components.schemas.other.properties.other.maxLength: Input should be a valid integer, unable to parse string as "
    "an integer": described(
        components={"schemas": {"other": {"type": "object", "properties": {"other": {"maxLength": "m"}}}}}
    ),
}


def test_messages_are_one_line_with_their_place() -> None:
    """Those of openapi-python-client go over several lines, of which some only follow from others."""
    for message, document in FAULTS.items():
        with pytest.raises(GenerationError) as caught:
            parse(document, SETTINGS)
        assert message in str(caught.value).splitlines()
        assert all(line.startswith("$") for line in str(caught.value).splitlines())


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
