"""Refusals of a single schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import combinations
from typing import Any

from generator import docstrings
from generator.nodes import mapping, sequence, type_names
from generator.schemas import ANYTHING, OBJECT, Schemas, distinguished_by_constants, is_alias, not_null
from generator.value_checks import Problem, check_boolean, check_const, check_default, check_enum, check_types

ANNOTATIONS = frozenset(
    {
        *("title", "description", "deprecated", "example", "examples", "externalDocs", "xml", "readOnly", "writeOnly"),
        *("$comment", "summary"),
    }
)
"""Keywords of a schema that document it."""

LIMITS = frozenset(
    {
        *docstrings.LIMITS,
        *("pattern", "uniqueItems", "minProperties", "maxProperties"),
        *("contentEncoding", "contentMediaType", "contentSchema"),
    }
)
"""Keywords of a schema that the server checks; the client documents those of them that fit into a docstring."""

OBEYED = frozenset(
    {
        *("$ref", "type", "format", "enum", "const", "default", "nullable", "properties", "required", "items"),
        *("prefixItems", "additionalProperties", "allOf", "anyOf", "oneOf", "discriminator"),
    }
)

KNOWN = ANNOTATIONS | LIMITS | OBEYED

REFUSED = {
    "$anchor": "refer to a schema under components.schemas by its place",
    "$defs": "put the schemas under components.schemas",
    "$dynamicAnchor": "describe the schema itself",
    "$dynamicRef": "use $ref",
    "$schema": "leave it out",
    "$id": "refer to a schema under components.schemas by its place",
    "contains": "use items",
    "dependentRequired": "describe the alternatives with oneOf",
    "dependentSchemas": "describe the alternatives with oneOf",
    "else": "describe the alternatives with oneOf",
    "if": "describe the alternatives with oneOf",
    "maxContains": "use maxItems",
    "minContains": "use minItems",
    "not": "say what the value is",
    "patternProperties": "use additionalProperties",
    "propertyNames": "use additionalProperties",
    "then": "describe the alternatives with oneOf",
    "unevaluatedItems": "use items",
    "unevaluatedProperties": "use additionalProperties",
}
"""Keywords of a schema that are refused, and what to do instead."""


Check = Callable[[Schemas, Mapping[str, Any]], Problem | None]


# What is refused of a schema as a whole.


def _beside_one_of(_: Schemas, schema: Mapping[str, Any]) -> Problem | None:
    for keyword in ("oneOf", "anyOf"):
        lost = effective_keywords(schema) & {"properties", "required", "additionalProperties", "allOf", "items"}
        if keyword in schema and lost:
            return "", f"{in_words(lost)} beside {keyword} would be lost; put them into each of the alternatives"
    if "oneOf" in schema and "anyOf" in schema:
        return "", "anyOf beside oneOf is not supported; use one of them"
    return None


def _beside_all_of(schemas: Schemas, schema: Mapping[str, Any]) -> Problem | None:
    entries = sequence(schema.get("allOf"))
    if is_alias(schema):
        return None
    for index, entry in enumerate(entries):
        resolved = schemas.resolved(entry)
        types = schemas.types(entry)
        is_null_lost = len(entries) == 1 and types != ANYTHING and "null" in types
        if "object" not in types or is_null_lost or len(list(schemas.leaves(entry))) > 1:
            advice = "make it the only entry of allOf" if len(entries) > 1 else "write it without allOf"
            return "", f"allOf[{index}] is not a single object and cannot be merged; {advice}"
        if isinstance(resolved.get("additionalProperties"), dict):
            return "", f"allOf[{index}]: its additionalProperties would be lost; put them beside allOf"
        if "$ref" not in mapping(entry) and (
            lost := effective_keywords(resolved) & {"allOf", "oneOf", "anyOf", "enum", "const", "items"}
        ):
            return "", f"allOf[{index}]: {in_words(lost)} inside allOf would be lost; make it a schema of its own"
    return None


def _type(_: Schemas, schema: Mapping[str, Any]) -> Problem | None:
    for name in type_names(schema):
        if isinstance(name, str) and name not in ANYTHING | {"integer"}:
            return "type", f"there is no type {name!r}; there are {', '.join(sorted(ANYTHING | {'integer'}))}"
    if "array" in type_names(schema) and not schema.keys() & {"items", "prefixItems"}:
        return "", "an array has no items; add items, {} for any value"
    if schema.keys() & {"type", "allOf", "anyOf", "oneOf", "enum", "const"}:
        return None
    if "items" in schema:
        return "", "items without a type would be lost; add type: array"
    if "additionalProperties" in schema and "properties" not in schema:
        return "", "additionalProperties without a type would be lost; add type: object"
    if "format" in schema:
        return "", "format without a type would be lost; add the type"
    return None


def _required(_: Schemas, schema: Mapping[str, Any]) -> Problem | None:
    if "allOf" in schema or "properties" not in schema:
        return None
    missing = [name for name in map(str, sequence(schema.get("required"))) if name not in mapping(schema["properties"])]
    return ("required", f"there is no property {', '.join(map(repr, missing))}") if missing else None


def _read_or_write_only(schemas: Schemas, schema: Mapping[str, Any]) -> Problem | None:
    shape = schemas.shape(schema)
    parts_of_it = list(map(schemas.shape, sequence(schema.get("allOf"))))
    for name in sorted(shape.required):
        if any(name in part.required and name in part.properties for part in parts_of_it):  # is refused there
            continue
        value = schemas.resolved(shape.properties.get(name))
        if value.get("readOnly") and id(schema) in schemas.sent:
            return "required", f"{name!r} is readOnly and requests do not have it; leave it out of required"
        if value.get("writeOnly") and id(schema) in schemas.received:
            return "required", f"{name!r} is writeOnly and responses do not have it; leave it out of required"
    return None


def _alternatives(schemas: Schemas, schema: Mapping[str, Any]) -> Problem | None:
    if id(schema) in schemas.sent and id(schema) not in schemas.received:  # nobody decodes it
        return None
    for keyword in ("oneOf", "anyOf"):
        alternatives = sequence(schema.get(keyword))
        for index, each in enumerate(alternatives):
            inner = schemas.resolved(each)
            others = [other for other in alternatives if other is not each and not_null(other)]
            if others and "discriminator" in inner and not distinguished_by_constants(schemas, inner):
                return "", f"{keyword}[{index}] has a discriminator of its own; list its alternatives here"
        for first, second in combinations(schemas.decoding_order(alternatives), 2):
            if "discriminator" not in schema and schemas.accepts_value_of(alternatives[first], alternatives[second]):
                advice = "give each a required property with a const of its own"
                return "", f"{keyword}[{second}] may be taken for {keyword}[{first}]; {advice}"
    return None


def _discriminator(schemas: Schemas, schema: Mapping[str, Any]) -> Problem | None:
    if "discriminator" not in schema or distinguished_by_constants(schemas, schema):
        return None
    discriminator = mapping(schema["discriminator"])
    if not (name := str(discriminator.get("propertyName", ""))):
        return "discriminator", "there is no propertyName; name the property that tells the alternatives apart"
    alternatives = [each for each in (*sequence(schema.get("oneOf")), *sequence(schema.get("anyOf"))) if not_null(each)]
    names = {str(mapping(each).get("$ref")).rpartition("/")[2] for each in alternatives}
    for index, each in enumerate(alternatives):
        if "$ref" not in mapping(each) or schemas.types(each) != OBJECT or len(list(schemas.leaves(each))) > 1:
            return "discriminator", f"alternative {index} is not an object under components.schemas; make it one"
        if name not in (properties := schemas.shape(each).properties):
            return "discriminator", f"alternative {index} has no property {name!r}; add it"
        if "string" not in schemas.types(properties[name]):
            return "discriminator", f"{name!r} of alternative {index} is not text; make it a string"
    for value, target in mapping(discriminator.get("mapping")).items():
        if str(target).rpartition("/")[2] not in names:
            return "discriminator", f"mapping: {value!r} leads to {target!r}, which is not an alternative; list it"
    return None


CHECKS_IN_ALL_OF: tuple[Check, ...] = (
    check_const,
    check_types,
    check_boolean,
    check_enum,
    check_default,
    _beside_one_of,
    _beside_all_of,
    _read_or_write_only,
)
CHECKS: tuple[Check, ...] = (*CHECKS_IN_ALL_OF, _type, _required, _alternatives, _discriminator)


def effective_keywords(schema: Mapping[str, Any]) -> set[str]:
    """Return the keywords of a schema that affect the generated code."""
    names = {name for name in schema if name not in ANNOTATIONS | LIMITS and not name.startswith("x-")}
    return names - {"additionalProperties"} if schema.get("additionalProperties") is True else names


def in_words(keywords: set[str]) -> str:
    """Return the names of keywords for a sentence."""
    return " and ".join(sorted(keywords))
