"""A document is read part by part; what may hold any JSON is no part of it, unless its key is a name."""

from __future__ import annotations

from typing import Any

from generator.docstrings import describe_limits
from generator.nodes import children, operations
from generator.refusals import refusals

OK = {"200": {"description": "Fine."}}


def document(responses: Any, schema: Any = None) -> dict[str, Any]:
    return {
        "openapi": "3.1.0",
        "info": {"title": "Some API", "version": "1.0.0"},
        "paths": {"/a": {"get": {"operationId": "a", "tags": ["a"], "responses": responses}}},
        "components": {"schemas": {"X": schema or {"type": "object"}}},
    }


def test_children_are_what_describes_something() -> None:
    """Examples and defaults do not, nor do extensions; a response or a property of such a name does."""
    node: dict[str, Any] = {"default": {}, "x-a": {}, "properties": {"default": {}}, "allOf": [{}]}
    assert list(children(node)) == [("properties", node["properties"], True), ("allOf", [{}], False)]
    assert list(children(node["properties"], named=True)) == [("default", {}, False)]
    assert list(children([1, 2])) == [(0, 1, False), (1, 2, False)]


def test_mistake_below_a_name_is_found() -> None:
    """A response `default`, or a property `example`, may hold a mistake."""
    missing = "there is no value; give it one or leave it out"
    place = "$.paths['/a'].get.responses.default"
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Y"}}}
    assert list(refusals(document({**OK, "default": {"description": "An error.", "content": content}}))) == [
        f"{place}.content['application/json'].schema: there is no /components/schemas/Y"
    ]
    assert list(refusals(document({**OK, "default": None}))) == [f"{place}: {missing}"]
    schemes = document(OK)
    schemes["components"]["securitySchemes"] = {"default": {"$ref": "#/no"}}
    assert list(refusals(schemes)) == ["$.components.securitySchemes.default: there is no /no"]
    schema = {"type": "object", "properties": {"example": {"type": "string", "default": None, "pattern": None}}}
    assert list(refusals(document(OK, schema))) == [f"$.components.schemas.X.properties.example.pattern: {missing}"]


def test_empty_operation_is_one_as_well() -> None:
    """What it lacks has a place then; what is no mapping, or no method, is no operation."""
    methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"]
    paths: dict[str, Any] = {"/a": {"get": {}, "put": None, "x-a": {}}, "/b": {name: {} for name in methods}}
    assert [place for *place, _, _ in operations({"paths": paths})] == [
        ["/a", "get"],
        *(["/b", name] for name in methods),
    ]


def test_limits_of_such_a_property_are_described() -> None:
    """As those of any other; what is in an example stays as it is."""
    schema: dict[str, Any] = {
        "example": {"minimum": 1},
        "properties": {"default": {"type": "integer", "minimum": 1}, "minimum": {"type": "integer"}},
    }
    describe_limits(schema)
    assert schema == {
        "example": {"minimum": 1},
        "properties": {
            "default": {"type": "integer", "minimum": 1, "description": "At least 1."},
            "minimum": {"type": "integer"},
        },
    }
