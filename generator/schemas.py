"""Schemas of a document: what they refer to, the values they allow, and whether one may be taken for another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import combinations
from typing import Any, NamedTuple

from generator.nodes import mapping, operations, resolved, sequence

ANYTHING: frozenset[str] = frozenset({"string", "number", "boolean", "object", "array", "null"})
OBJECT = frozenset({"object"})

JSON_TYPES: dict[Any, str] = {
    **{str: "string", int: "number", float: "number", bool: "boolean", dict: "object", list: "array"},
    type(None): "null",
}


class Shape(NamedTuple):
    """The properties of an object, those of `allOf` included, and which of them are required."""

    properties: dict[str, Any]
    required: set[str]


class Schemas:
    """The schemas of a document.

    Attributes:
        literal_enums: Whether enums are made as `Literal`, not as classes.
        sent: The ids of the schemas of requests.
        received: The ids of the schemas of responses.
    """

    def __init__(self, document: Mapping[str, Any], *, literal_enums: bool = False) -> None:
        self._document = document
        self.literal_enums = literal_enums
        sent, received = list[Any](), list[Any]()
        for *_, item, operation in operations(document):
            for parameter in (*sequence(item.get("parameters")), *sequence(operation.get("parameters"))):
                sent.append(self.resolved(parameter).get("schema"))
            body = self.resolved(operation.get("requestBody"))
            sent += [mapping(media).get("schema") for media in mapping(body.get("content")).values()]
            for response in map(self.resolved, mapping(operation.get("responses")).values()):
                received += [mapping(media).get("schema") for media in mapping(response.get("content")).values()]
        self.sent = {id(node) for node in self.reachable(sent)}
        self.received = {id(node) for node in self.reachable(received)}

    def resolved(self, node: Any) -> Mapping[str, Any]:
        """Return a part of the document, or what it refers to by `$ref`; nothing if that is nowhere."""
        try:
            return mapping(resolved(self._document, node))
        except LookupError:
            return {}

    def types(self, schema: Any) -> frozenset[str]:
        """Return the JSON types that values of a schema may have; an integer is a number."""
        return self._types(schema, frozenset())

    def _types(self, schema: Any, seen: frozenset[int]) -> frozenset[str]:
        schema = self.resolved(schema)
        if id(schema) in seen:
            return ANYTHING
        seen |= {id(schema)}
        if "enum" in schema or "const" in schema:
            values = sequence(schema.get("enum")) or [schema.get("const")]
            return frozenset(JSON_TYPES.get(type(value), "string") for value in values)
        null = {"null"} if schema.get("nullable") else set[str]()
        if given := schema.get("type"):
            names = {given} if isinstance(given, str) else {str(name) for name in sequence(given)}
            return frozenset("number" if name == "integer" else name for name in names) | null
        for keyword in ("oneOf", "anyOf"):
            if alternatives := sequence(schema.get(keyword)):
                return frozenset[str]().union(*(self._types(each, seen) for each in alternatives)) | null
        if parts := sequence(schema.get("allOf")):
            return ANYTHING.intersection(*(self._types(part, seen) for part in parts)) | null
        return OBJECT | null if "properties" in schema else ANYTHING

    def shape(self, schema: Any) -> Shape:
        """Return the properties of an object."""
        shape = Shape({}, set())
        for part in self._closure([schema], lambda part: sequence(part.get("allOf"))):
            shape.properties.update(mapping(part.get("properties")))
            shape.required.update(map(str, sequence(part.get("required"))))
        return shape

    def values(self, schema: Any) -> set[str] | None:
        """Return the values that a schema lists, as texts, or None if it lists none."""
        schema = self.resolved(schema)
        if "const" in schema:
            return {str(schema["const"])}
        return {str(value) for value in sequence(schema["enum"])} if "enum" in schema else None

    def leaves(self, schema: Any) -> Iterator[Mapping[str, Any]]:
        """Yield the alternatives of a schema and of its alternatives; without any, the schema.

        A schema that only refers to another, in allOf, stands for that one.
        """
        return (node for node in self._closure([schema], alternatives_of) if not alternatives_of(node))

    def is_circular(self, schema: Any) -> bool:
        """Return whether a schema contains itself through allOf, anyOf or oneOf, so that no value fits.

        Recursion through a property or an item is fine.
        """
        schema = self.resolved(schema)
        return any(part is schema for part in self._closure(combined(schema), combined))

    def decoding_order(self, alternatives: list[Any]) -> list[int]:
        """Return the indices of alternatives, in an order in which none is tried before one whose values it accepts."""
        order: list[int] = []
        for index, each in enumerate(alternatives):
            wider = (
                place
                for place, other in enumerate(alternatives[known] for known in order)
                if self.accepts_value_of(other, each) and not self.accepts_value_of(each, other)
            )
            order.insert(next(wider, len(order)), index)
        return order

    def accepts_value_of(self, first: Any, other: Any) -> bool:
        """Return whether a decoder of `first` could accept an object or an array that is meant for `other`.

        Values of other types are told apart by their JSON type; `decoders` tries plain strings last.
        """
        return any(self._accepts(one, leaf) for one in self.leaves(first) for leaf in self.leaves(other))

    def _accepts(self, first: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
        if other is first:
            return False
        common = self.types(first) & self.types(other)
        if "object" in common:
            mine, theirs = self.shape(first), self.shape(other)
            shared = mine.properties.keys() & theirs.properties.keys()
            if not mine.required - theirs.properties.keys() and not any(
                self._are_disjoint(mine.properties[name], theirs.properties[name]) for name in shared
            ):
                return True
        if "array" in common and first.get("items") and other.get("items"):
            return self.accepts_value_of(first["items"], other["items"])
        return False

    def _are_disjoint(self, first: Any, second: Any) -> bool:
        mine, theirs = self.values(first), self.values(second)
        if mine is not None and theirs is not None:
            return not mine & theirs
        return not self.types(first) & self.types(second)

    def reachable(self, nodes: Iterable[Any]) -> Iterator[Mapping[str, Any]]:
        """Yield these schemas and all that they consist of."""
        return self._closure(nodes, parts_of)

    def _closure(self, nodes: Iterable[Any], next_ones: Callable[[Mapping[str, Any]], list[Any]]) -> Iterator[Any]:
        """Yield schemas, each once and followed by those that `next_ones` returns for it."""
        stack, seen = list(nodes), set[int]()
        while stack:
            node = self.resolved(stack.pop(0))
            if id(node) not in seen:
                seen.add(id(node))
                yield node
                stack = [*next_ones(node), *stack]


def is_alias(schema: Mapping[str, Any]) -> bool:
    """Return whether a schema only refers to another, in allOf, with nothing beside it to merge."""
    adds_fields = bool(schema.get("properties") or schema.get("required"))
    types_extras = schema.get("additionalProperties", True) not in (True, {})
    return refers_to_one(schema) and not adds_fields and not types_extras


def refers_to_one(schema: Mapping[str, Any]) -> bool:
    """Return whether allOf of a schema is one $ref."""
    entries = sequence(schema.get("allOf"))
    return len(entries) == 1 and "$ref" in mapping(entries[0])


def allows_null(schema: Mapping[str, Any]) -> bool:
    """Return whether a schema allows null beside the values that its other keywords describe."""
    return bool(schema.get("nullable")) or "null" in sequence(schema.get("type"))


def alternatives_of(schema: Mapping[str, Any]) -> list[Any]:
    """Return the alternatives of a schema, and the schema for which it stands."""
    return [
        *sequence(schema.get("oneOf")),
        *sequence(schema.get("anyOf")),
        *(schema["allOf"] if is_alias(schema) else ()),
    ]


def parts_of(schema: Mapping[str, Any]) -> list[Any]:
    """Return the schemas in a schema."""
    properties = mapping(schema.get("properties")).values()
    return [*properties, schema.get("items"), schema.get("additionalProperties"), *combined(schema)]


def combined(schema: Mapping[str, Any]) -> list[Any]:
    """Return the entries of allOf, anyOf and oneOf of a schema."""
    return [part for keyword in ("allOf", "anyOf", "oneOf") for part in sequence(schema.get(keyword))]


def distinguished_by_constants(schemas: Schemas, schema: Mapping[str, Any]) -> bool:
    """Return whether the values that each alternative lists for the discriminator's property tell them apart."""
    name = str(mapping(schema.get("discriminator")).get("propertyName"))
    alternatives = [leaf for leaf in schemas.leaves(schema) if not_null(leaf)]
    shapes = map(schemas.shape, alternatives)
    return (
        len(alternatives) > 1
        and all(name in shape.required and schemas.values(shape.properties.get(name)) is not None for shape in shapes)
        and not any(schemas.accepts_value_of(one, other) for one, other in combinations(alternatives, 2))
    )


def not_null(schema: Any) -> bool:
    """Return whether a schema is another than that of null."""
    return mapping(schema).get("type") != "null"
