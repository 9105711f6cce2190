"""Refusals of parameters that cannot be sent as the document describes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from generator.schemas import ANYTHING, Schemas

OWN_HEADERS = frozenset(
    {
        *("accept", "accept-encoding", "authorization", "connection", "content-length", "content-type", "cookie"),
        *("host", "transfer-encoding", "user-agent"),
    }
)
"""Headers that the client sends itself."""

STYLES = {
    "path": ("simple",),
    "header": ("simple",),
    "query": ("form", "spaceDelimited", "pipeDelimited"),
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


def parameters_alike(schemas: Schemas, parameters: Iterable[Any], place: str) -> Iterator[str]:
    """Yield which of the parameters of an operation would be sent under the name of another."""
    names: dict[tuple[str, str], str] = {}
    found = [schemas.resolved(parameter) for parameter in parameters]
    for parameter in found:
        key = (str(parameter.get("in")), str(parameter.get("name")))
        if key in names:
            yield f"{place}: {key[1]!r} is there twice in the {key[0]}; leave one out"
        names[key] = key[1]
    for parameter in found:
        schema = parameter.get("schema")
        if parameter.get("in") == "query" and "object" in schemas.types(schema) != ANYTHING:
            for name in schemas.shape(schema).properties:
                if ("query", name) in names and name != parameter.get("name"):
                    yield f"{place}: {name!r} is a field of the object {parameter.get('name')!r} too; rename one"


def _unsendable(
    schemas: Schemas, schema: Mapping[str, Any], location: str, style: str, parameter: Mapping[str, Any]
) -> str | None:
    """Return why a value of a parameter cannot be written as text, or None."""
    explode = parameter.get("explode", style == "form")
    types = schemas.types(schema)
    if types == ANYTHING:
        return None
    if "object" in types:
        if location != "query" or not explode or style != "form":
            return f"an object is sent in a query alone, with style: form and explode: true, not in this {location}"
        nested = schemas.shape(schema).properties.items()
        if names := [name for name, value in nested if "object" in schemas.types(value) != ANYTHING]:
            return f"an object in an object ({', '.join(names)}) cannot be sent in a query; use a request body"
    if "array" in types:
        items = schemas.types(schemas.resolved(schema.get("items")))
        if items != ANYTHING and items & {"object", "array"}:
            return f"an array of objects or arrays cannot be sent in a {location}; use a request body"
        if location == "cookie" and explode:
            return "an array in a cookie is joined by commas; say so with explode: false"
    return None
