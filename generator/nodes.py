"""Nodes of a document: read whatever they hold, and named by their JSON path."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

NAME_IN_BRACES = re.compile(r"{(.*?)}")
"""The name of a parameter in a path, or of a variable in the URL of a server."""

LITERALS = frozenset({"example", "examples", "default", "enum", "const"})
"""Fields that may hold any JSON, which describes nothing."""

NAMED = frozenset({"headers", "parameters", "properties", "requestBodies", "responses", "schemas", "securitySchemes"})
"""Fields whose keys are names, such as the response `default` or the property `example`."""


def mapping(value: Any) -> Mapping[str, Any]:
    """Return an object of the document; one that is left out, or something else, is empty."""
    return value if isinstance(value, dict) else {}  # pyright: ignore[reportUnknownVariableType]


def sequence(value: Any) -> list[Any]:
    """Return an array of the document; one that is left out, or something else, is empty."""
    return value if isinstance(value, list) else []  # pyright: ignore[reportUnknownVariableType]


def type_names(schema: Mapping[str, Any]) -> list[Any]:
    """Return the names in the `type` of a schema, which holds one or a list of them."""
    return sequence(schema.get("type")) or ([schema["type"]] if "type" in schema else [])


def children(node: Any, *, named: bool = False) -> Iterator[tuple[str | int, Any, bool]]:
    """Yield the steps to the parts of a node that describe something, the parts, and whether their keys are names."""
    for index, child in enumerate(sequence(node)):
        yield index, child, False
    for name, child in mapping(node).items():
        if named or (name not in LITERALS and not str(name).startswith("x-")):
            yield name, child, not named and name in NAMED


def walk(node: Any, *, named: bool = False) -> Iterator[dict[str, Any]]:
    """Yield the objects in a part of a document that describe something, inner ones first; each may be changed then."""
    for _, child, has_names in children(node, named=named):
        yield from walk(child, named=has_names)
    if isinstance(node, dict) and not named:
        yield node  # pyright: ignore[reportUnknownVariableType]


def path_items(document: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the paths of a document, without the extensions beside them."""
    for path, item in mapping(document.get("paths")).items():
        if not path.startswith("x-"):
            yield path, mapping(item)


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any], Mapping[str, Any]]]:
    """Yield path, method, path item and operation of each operation of a document."""
    for path, item in path_items(document):
        for method in METHODS:
            if isinstance(item.get(method), dict):  # an empty one as well, whose fields are missing
                yield path, method, item, item[method]


def resolved(document: Mapping[str, Any], node: Any) -> Any:
    """Return a part of a document, or what it refers to by `$ref`.

    Raises:
        LookupError: A `$ref`, the argument of the error, leads nowhere.
    """
    seen = set[str]()
    while isinstance(reference := mapping(node).get("$ref"), str):
        if reference in seen or not reference.startswith("#/"):
            raise LookupError(reference)
        seen.add(reference)
        node = document
        for step in reference.removeprefix("#/").split("/"):
            node = mapping(node).get(step.replace("~1", "/").replace("~0", "~"))
        if node is None:
            raise LookupError(reference)
    return node


def below(place: str, *steps: str | int) -> str:
    """Return the JSON path of what is below a place: `$.paths['/a'].get`."""
    for step in steps:
        place += f".{step}" if str(step).isidentifier() else f"[{step!r}]"
    return place
