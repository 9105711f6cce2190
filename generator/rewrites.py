"""Changes of a document, in place, so that openapi-python-client generates what the document says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, cast

from generator.media_types import essence, is_binary
from generator.nodes import children, mapping, operations, sequence, walk
from generator.schemas import Schemas, allows_null, distinguished_by_constants, is_alias, refers_to_one

ONLY_REQUIRED = frozenset({"required", "title", "description"})
"""Keywords of an alternative that only requires properties."""

MERGED = ("properties", "required", "additionalProperties", "allOf")
"""Keywords that move with allOf into the alternative beside null."""


def normalize(document: dict[str, Any]) -> None:
    """Rewrite, in place, what a document may say in several ways to the usual one, before all checks."""
    _quote_statuses(document)
    for schema in walk(document):
        if None in (types := sequence(schema.get("type"))):  # an unquoted null
            schema["type"] = ["null" if name is None else name for name in types]
        if (values := sequence(schema.get("enum"))) and None not in values and allows_null(schema):
            schema["enum"] = [*values, None]  # else the type would allow it in vain
        for keyword in ("oneOf", "anyOf"):
            if alternatives := sequence(schema.get(keyword)):
                schema[keyword] = [{"type": "null"} if each == {"nullable": True} else each for each in alternatives]
                if all("required" in mapping(each) and each.keys() <= ONLY_REQUIRED for each in alternatives):
                    del schema[keyword]  # a limit, which the server checks
        if prefix := sequence(schema.pop("prefixItems", None)):  # their order is not checked
            items = [*prefix, *filter(None, [mapping(schema.get("items"))])]
            schema["items"] = {"anyOf": items} if len(items) > 1 else items[0]
        if "default" in schema:
            schema["default"] = _converted(schema["default"], schema.get("type"))
        # How OpenAPI 3.1 describes a file.
        if is_binary(essence(str(schema.get("contentMediaType", "")))) and "contentEncoding" not in schema:
            schema |= {"type": "string", "format": "binary"}
        if "$ref" in schema and schema.keys() & {"default", "nullable"}:  # of this use of the schema
            schema["allOf"] = [{"$ref": schema.pop("$ref")}]


def _converted(default: Any, kind: Any) -> Any:
    """Return a default, converted to the type of its schema if it says the same."""
    if kind == "string" and type(default) is int:
        return str(default)
    if isinstance(default, str) and kind in ("boolean", "integer", "number"):  # not a set: it may be a list
        with suppress(ValueError):
            value = json.loads(default.lower())
            return value if isinstance(value, int | float) else default
    return default


def _quote_statuses(node: Any, *, named: bool = False) -> None:
    fields = cast("dict[Any, Any]", mapping(node))
    for key in list(fields):  # each is set again, so that their order stays
        quoted = str(key) if type(key) is int and str(key) not in fields else key
        fields[quoted] = fields.pop(key)
    for _, child, has_names in children(node, named=named):
        _quote_statuses(child, named=has_names)


def drop_extensions(document: Mapping[str, Any]) -> None:
    """Drop, in place, the extensions beside paths and responses: openapi-python-client would take them for such."""
    paths = mapping(document.get("paths"))
    responses = [mapping(operation.get("responses")) for *_, operation in operations(document)]
    for node in [paths, *responses]:
        for name in [name for name in node if name.startswith("x-")]:
            del cast("dict[str, Any]", node)[name]


def make_references_mergeable(document: Mapping[str, Any]) -> None:
    """Add, in place, a second entry to each allOf of one $ref with fields beside it, which would be ignored else."""
    for schema in walk(document):
        if refers_to_one(schema) and not is_alias(schema):
            schema["allOf"] = [*schema["allOf"], {"type": "object"}]


def spell_out_nulls(document: Mapping[str, Any]) -> None:
    """Write null, in place, where `type` or `nullable` allows it, as an alternative.

    openapi-python-client loses a null that `type` or `nullable` allows beside alternatives, beside allOf, and beside
    properties without a type. Beside an enum that lists null, it makes a class for each type.
    """
    for schema in walk(document):
        if allows_null(schema) or None in sequence(schema.get("enum")):
            _spell_out_null(schema)


def _spell_out_null(schema: dict[str, Any]) -> None:
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


def order_alternatives(document: Mapping[str, Any]) -> None:
    """Put, in place, alternatives in the order in which they are tried."""
    schemas = Schemas(document)
    for schema in walk(document):
        for keyword in ("oneOf", "anyOf"):
            if alternatives := sequence(schema.get(keyword)):
                schema[keyword] = [alternatives[index] for index in schemas.decoding_order(alternatives)]


def drop_needless_discriminators(document: Mapping[str, Any]) -> None:
    """Drop, in place, discriminators of unions that constants tell apart, and those of no union, such as a base class.

    The decoder of the union then checks the constants, too.
    """
    schemas = Schemas(document)
    for schema in walk(document):
        is_union = bool(schema.keys() & {"oneOf", "anyOf"})
        if mapping(schema.get("discriminator")) and (not is_union or distinguished_by_constants(schemas, schema)):
            del schema["discriminator"]
