"""Null as a value of schemas, written so that openapi-python-client does not lose it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from generator.nodes import children, mapping, sequence

MERGED = ("properties", "required", "additionalProperties", "allOf")
"""Keywords that the alternative to null takes over from a schema with allOf."""


def allows_null(schema: Mapping[str, Any]) -> bool:
    """Return whether a schema allows null beside the values that its other keywords describe."""
    return bool(schema.get("nullable")) or "null" in sequence(schema.get("type"))


def spell_out_nulls(node: Any, *, named: bool = False) -> None:
    """Make null, in place, an alternative of the schemas in a part of a document that allow it.

    openapi-python-client loses a null that `type` or `nullable` allows beside alternatives, beside allOf, and beside
    properties without a type. Beside an enum that lists null, it makes a class for each type.
    """
    for _, child, has_names in children(node, named=named):
        spell_out_nulls(child, named=has_names)
    schema = cast("dict[str, Any]", mapping(node))
    if named or not (allows_null(schema) or None in sequence(schema.get("enum"))):
        return
    if keyword := next((keyword for keyword in ("oneOf", "anyOf") if keyword in schema), None):
        schema[keyword] = [*sequence(schema[keyword]), {"type": "null"}]
    elif "allOf" in schema:
        other = {name: schema.pop(name) for name in MERGED if name in schema}
        schema["oneOf"] = [{"type": "null"}, {**other, "title": schema["title"]} if "title" in schema else other]
    elif "enum" not in schema:
        if "properties" in schema:
            schema.setdefault("type", "object")
        return
    for name in ("type", "nullable"):
        schema.pop(name, None)
