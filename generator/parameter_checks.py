"""Refusals of parameters that cannot be sent as the document describes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from openapi_python_client.strings import snake_case

from generator.media_types import essence, is_sent
from generator.nodes import mapping
from generator.schemas import ANYTHING, Schemas

OWN_HEADERS = frozenset(
    {
        *("accept", "accept-encoding", "authorization", "connection", "content-length", "content-type", "cookie"),
        *("host", "transfer-encoding", "user-agent"),
    }
)
"""Headers that the client sends itself."""

CLASSES = {
    "bool": "boolean",
    "datetime": "string",
    "float": "number",
    "int": "number",
    "list": "array",
    "str": "string",
}
"""JSON types by the Python name that `isinstance` needs for them; a date-time needs the module `datetime`."""

STYLES = {
    "path": ("simple",),
    "header": ("simple",),
    "query": ("form", "spaceDelimited", "pipeDelimited", "deepObject"),
    "cookie": ("form",),
}
"""Styles of parameters that are obeyed, by their location; the first is the default."""


def parameter_problems(schemas: Schemas, parameter: Mapping[str, Any], place: str) -> Iterator[str]:
    """Yield what is refused of a parameter, besides its schema."""
    if "$ref" in parameter:
        return
    location, name = str(parameter.get("in")), str(parameter.get("name"))
    if location == "header" and name.lower() in OWN_HEADERS:
        yield f"{place}: the client sends the header {name} itself; leave the parameter out"
    if location == "path" and parameter.get("required") is not True:
        yield f"{place}: a parameter in the path is always sent; add required: true"
    if "content" in parameter:
        yield f"{place}.content: a parameter described by content is not supported; use schema"
        return
    if "schema" not in parameter:
        yield f"{place}: there is no schema; add one, {{type: string}} if it is a text"
        return
    if parameter.get("allowReserved"):
        yield f"{place}.allowReserved: values are always percent-encoded; leave it out"
    styles = STYLES.get(location, ())
    style = parameter.get("style", next(iter(styles), ""))
    if styles and style not in styles:
        yield f"{place}.style: {style!r} is not supported; supported in a {location}: {', '.join(styles)}"
    elif problem := _unsendable(schemas, schemas.resolved(parameter.get("schema")), location, style, parameter):
        yield f"{place}.schema: {problem}"


def parameters_alike(
    schemas: Schemas, of_path: Iterable[Any], of_operation: Iterable[Any], place: str
) -> Iterator[str]:
    """Yield which of the parameters of an operation would be sent under the name of another."""
    merged: dict[tuple[str, str], Mapping[str, Any]] = {}
    for parameters in (of_path, of_operation):
        seen = set[tuple[str, str]]()
        for parameter in map(schemas.resolved, parameters):
            key = (str(parameter.get("in")), str(parameter.get("name")))
            if key in seen:
                yield f"{place}: {key[1]!r} is listed twice in the {key[0]}; leave one out"
            seen.add(key)
            merged[key] = parameter  # that of the operation replaces that of the path
    senders: dict[str, str] = {}
    for (location, name), parameter in merged.items():
        objects = _leaves(schemas, parameter.get("schema"), "object")
        fields = {field: None for leaf in objects for field in schemas.shape(leaf).properties}
        if parameter.get("style") == "deepObject":
            fields = {f"{name}[{field}]": None for field in fields}
        for sent in fields or [name]:
            if location == "query" and (other := senders.setdefault(sent, name)) != name:
                yield f"{place}: {sent!r} is sent for both {other!r} and {name!r}; rename one"


def hidden_classes(schemas: Schemas, operation: Mapping[str, Any], names: Iterable[str], place: str) -> Iterator[str]:
    """Yield which of the parameters of an operation hide a class by which the media type of its body is selected."""
    content = mapping(schemas.resolved(operation.get("requestBody")).get("content"))
    sent = {name: schemas.resolved(mapping(media).get("schema")) for name, media in content.items()}
    bodies = [schema for name, schema in sent.items() if is_sent(essence(name), schema)]
    types = {kind for body in bodies for kind in schemas.types(body)} if len(bodies) > 1 else set[str]()
    for name in names:
        if CLASSES.get(snake_case(name)) in types:
            yield f"{place}.parameters: {name!r} hides a class that selects the body's media type; use one media type"


def _leaves(schemas: Schemas, schema: Any, kind: str) -> list[Mapping[str, Any]]:
    """Return the alternatives of a schema that are an object, or an array."""
    return [leaf for leaf in schemas.leaves(schema) if kind in (types := schemas.types(leaf)) and types != ANYTHING]


def _unsendable(
    schemas: Schemas, schema: Mapping[str, Any], location: str, style: str, parameter: Mapping[str, Any]
) -> str | None:
    """Return why a value of a parameter cannot be written as text, or None."""
    explode = parameter.get("explode", style == "form")
    objects, arrays = _leaves(schemas, schema, "object"), _leaves(schemas, schema, "array")
    is_deep = style == "deepObject"
    if is_deep and not objects:
        return "style: deepObject is for objects; leave it out"
    if objects and not is_deep and (location != "query" or not explode or style != "form"):
        styles = "style: deepObject, or form and explode: true"
        return f"an object is sent in a query alone, with {styles}, not in this {location}"
    for leaf in objects:
        fields = {**schemas.shape(leaf).properties, "additionalProperties": leaf.get("additionalProperties")}
        if names := [name for name, value in fields.items() if _leaves(schemas, value, "object")]:
            return f"an object in an object ({', '.join(names)}) cannot be sent in a query; use a request body"
        arrays += [array for value in fields.values() for array in _leaves(schemas, value, "array")]
    if any(_leaves(schemas, array.get("items"), kind) for array in arrays for kind in ("object", "array")):
        return f"an array of objects or arrays cannot be sent in a {location}; use a request body"
    if arrays and location == "cookie" and explode:
        return "an array in a cookie is joined by commas; say so with explode: false"
    if any(part.get("format") == "binary" for part in schemas.reachable([schema])):
        return f"a file cannot be sent in a {location}; use a request body"
    return None
