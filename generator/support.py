"""What OpenAPI allows and the client does not do: refused in one line, with its place and what to do instead.

`make spec` and `python -m generator` say the same, because both call `refusals`. What is not refused here is obeyed, is
documentation, or says nothing about requests and responses (callbacks, webhooks, links, response headers, xml).
tests/generator/test_support.py lists both.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import combinations
from typing import Any, NamedTuple

from openapi_python_client.parser.openapi import generate_operation_id
from openapi_python_client.schema.untrusted_string import UntrustedString
from openapi_python_client.strings import PythonIdentifier, snake_case

from generator.media_types import BYTES, JSON, essence, is_json, is_text
from generator.nodes import METHODS, below, mapping, sequence

ANNOTATIONS = frozenset(
    {
        *("title", "description", "deprecated", "example", "examples", "externalDocs", "xml", "readOnly", "writeOnly"),
        *("$comment", "summary"),
    }
)
"""Keywords of a schema that document it."""

LIMITS = frozenset(
    {
        *(
            "minimum",
            "maximum",
            "exclusiveMinimum",
            "exclusiveMaximum",
            "multipleOf",
            "minLength",
            "maxLength",
            "pattern",
        ),
        *("minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties"),
        *("contentEncoding", "contentMediaType", "contentSchema"),
    }
)
"""Keywords of a schema that the server checks; the client documents those of them that fit into a docstring."""

OBEYED = frozenset(
    {
        *("$ref", "type", "format", "enum", "const", "default", "nullable", "properties", "required", "items"),
        *("additionalProperties", "allOf", "anyOf", "oneOf", "discriminator"),
    }
)

KNOWN = ANNOTATIONS | LIMITS | OBEYED

REFUSED = {
    "$anchor": "refer to a schema under components.schemas by its place",
    "$defs": "put the schemas under components.schemas",
    "$dynamicAnchor": "describe the schema itself",
    "$dynamicRef": "use $ref",
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
    "prefixItems": "use items, with oneOf for items of several types",
    "propertyNames": "use additionalProperties",
    "then": "describe the alternatives with oneOf",
    "unevaluatedItems": "use items",
    "unevaluatedProperties": "use additionalProperties",
}
"""Keywords of a schema that are refused, and what to do instead."""

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

ANYTHING: frozenset[str] = frozenset({"string", "number", "boolean", "object", "array", "null"})
OBJECT = frozenset({"object"})

JSON_TYPES: dict[Any, str] = {
    **{str: "string", int: "number", float: "number", bool: "boolean", dict: "object", list: "array"},
    type(None): "null",
}

Problem = tuple[str, str]
Check = Callable[["_Walk", Mapping[str, Any]], "Problem | None"]


class _Shape(NamedTuple):
    """The properties of an object, those of `allOf` included, and which of them are required."""

    properties: dict[str, Any]
    required: set[str]


def refusals(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is refused of a document, each with its place and what to do."""
    yield from list(malformed(document)) or _Walk(document).refusals()


def malformed(node: Any, place: str = "$") -> Iterator[str]:
    """Yield what is no JSON, or not what its author meant, from which other errors would only follow."""
    if isinstance(node, list):
        for index, child in enumerate(sequence(node)):
            yield from malformed(child, below(place, index))
    elif isinstance(node, dict):
        for name, child in mapping(node).items():
            if not isinstance(name, str):  # pyright: ignore[reportUnnecessaryIsInstance]
                yield f"{place}: expected text, as in '{name}', got {name}"
            elif child is None and name not in {"const", "default", "example", "value"}:
                advice = "quote a text that has a comma in it" if " " in name else "give it one or leave it out"
                yield f"{below(place, name)}: there is no value; {advice}"
            elif name not in {"example", "examples", "default", "enum"}:  # which may hold anything
                yield from malformed(child, below(place, name))


class _Walk:
    """A walk through a document.

    Nodes of another form than OpenAPI's are passed over: openapi-spec-validator and openapi-python-client name them.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self.components = mapping(document.get("components"))
        self.sent = set[int]()  # ids of schemas of requests
        self.received = set[int]()

    def refusals(self) -> Iterator[str]:
        version = self.document.get("openapi")
        if not re.fullmatch(r"3\.[01]\.\d+", str(version)):
            yield f"$.openapi: expected a version such as 3.1.0 or 3.0.3, got {version!r}"
            return
        self._reach()
        if "paths" not in self.document:
            yield "$.paths: there are none; a client needs them"
        yield from self._servers()
        yield from self._operations()
        for name, response in mapping(self.components.get("responses")).items():
            yield from self._response(mapping(response), f"$.components.responses.{name}", "default")
        for name, body in mapping(self.components.get("requestBodies")).items():
            yield from self._request_body(mapping(body), f"$.components.requestBodies.{name}")
        for name, parameter in mapping(self.components.get("parameters")).items():
            yield from self._parameter(mapping(parameter), f"$.components.parameters.{name}")
        for name, schema in mapping(self.components.get("schemas")).items():
            yield from self._schema(schema, below("$.components.schemas", name))

    # The document

    def _servers(self) -> Iterator[str]:
        for server in sequence(self.document.get("servers"))[:1]:
            url = str(mapping(server).get("url"))
            for name, variable in mapping(mapping(server).get("variables")).items():
                url = url.replace(f"{{{name}}}", str(mapping(variable).get("default")))
            if url != "/" and not re.fullmatch(r"https?://[^/?#]+(/[^?#]*)?", url):
                yield (
                    "$.servers[0].url: expected scheme, host and path of a server, such as https://api.example.com/v1, "
                    f"got {url!r}"
                )

    def _other_servers(self, node: Mapping[str, Any]) -> bool:
        """Return whether a path or an operation is on another server than the rest."""
        servers = sequence(node.get("servers"))
        return bool(servers) and servers[:1] != sequence(self.document.get("servers"))[:1]

    def _operations(self) -> Iterator[str]:
        ids: dict[str, str] = {}
        modules: dict[tuple[str, str], str] = {}
        tags: dict[str, str] = {}
        for path, item in mapping(self.document.get("paths")).items():
            place, item = below("$.paths", path), mapping(item)
            if "?" in path:
                yield f"{place}: a path has no query; describe it with parameters"
            for name in re.findall(r"{(.*?)}", path):
                if not re.fullmatch(r"[a-zA-Z_-][a-zA-Z0-9_-]*", name):
                    yield f"{place}: {{{name}}} is not supported; name a parameter with letters, digits, - and _"
            if "$ref" in item:
                yield f"{place}: a $ref of a path is not followed; write its operations here"
            if self._other_servers(item):
                yield f"{place}.servers: calls go to one server; put it into $.servers, or leave the path out"
            for index, parameter in enumerate(sequence(item.get("parameters"))):
                yield from self._parameter(mapping(parameter), below(place, "parameters", index))
            for method in METHODS:
                if not (operation := mapping(item.get(method))):
                    continue
                where = below(place, method)
                name = operation.get("operationId")
                if name is not None and (other := ids.setdefault(str(name), where)) != where:
                    yield f"{where}.operationId: {name!r} is that of {other} too; give each its own"
                module = (
                    PythonIdentifier(str(name), "field_")
                    if name is not None
                    else generate_operation_id(path=UntrustedString(path), method=method, prefix="field_")
                )
                tag = str(next(iter(sequence(operation.get("tags"))), "default"))
                key = PythonIdentifier(tag, "tag")
                if (other := tags.setdefault(key, tag)) != tag:
                    yield f"{where}.tags: {tag!r} and {other!r} are both {key!r} in Python; write them alike"
                if (other := modules.setdefault((key, module), where)) != where and ids.get(str(name), where) == where:
                    yield f"{where}.operationId: this operation and {other} are both {module!r} in Python; rename one"
                if not operation.get("responses"):
                    yield f"{where}: there are no responses; describe them"
                yield from self._operation(operation, item, where)

    def _operation(self, operation: Mapping[str, Any], item: Mapping[str, Any], place: str) -> Iterator[str]:
        if self._other_servers(operation):
            yield f"{place}.servers: calls go to one server; put it into $.servers, or leave the operation out"
        for index, parameter in enumerate(sequence(operation.get("parameters"))):
            yield from self._parameter(mapping(parameter), below(place, "parameters", index))
        yield from self._key_parameters(operation, item, place)
        yield from self._request_body(mapping(operation.get("requestBody")), f"{place}.requestBody")
        for status, response in mapping(operation.get("responses")).items():
            yield from self._response(mapping(response), below(place, "responses", status), status)

    def _key_parameters(self, operation: Mapping[str, Any], item: Mapping[str, Any], place: str) -> Iterator[str]:
        """Yield parameters that are the API key, which would be sent twice."""
        schemes = mapping(self.components.get("securitySchemes"))
        keys = {
            (scheme.get("in"), str(scheme.get("name")).lower())
            for requirement in sequence(operation.get("security", self.document.get("security")))
            for scheme in (self.resolved(schemes.get(name)) for name in mapping(requirement))
            if scheme.get("type") == "apiKey"
        }
        for parameter in [*sequence(item.get("parameters")), *sequence(operation.get("parameters"))]:
            parameter = self.resolved(parameter)
            if (parameter.get("in"), str(parameter.get("name")).lower()) in keys:
                yield (
                    f"{place}.parameters: {parameter.get('name')!r} is the API key, which the client sends itself; "
                    "leave the parameter out"
                )

    def _parameter(self, parameter: Mapping[str, Any], place: str) -> Iterator[str]:
        if "$ref" in parameter:
            return
        location, name = str(parameter.get("in")), str(parameter.get("name"))
        if location == "header" and name.lower() in OWN_HEADERS:
            yield f"{place}: the client sends the header {name} itself; leave the parameter out"
        if "content" in parameter:
            yield f"{place}.content: a parameter described by content is not supported; use schema"
            return
        if parameter.get("allowReserved"):
            yield f"{place}.allowReserved: values are always percent-encoded; leave it out"
        styles = STYLES.get(location, ())
        style = parameter.get("style", next(iter(styles), ""))
        if styles and style not in styles:
            yield f"{place}.style: {style!r} is not supported; supported in a {location}: {', '.join(styles)}"
        elif problem := self._unsendable(self.resolved(parameter.get("schema")), location, style, parameter):
            yield f"{place}.schema: {problem}"
        yield from self._schema(parameter.get("schema", {}), f"{place}.schema")

    def _unsendable(
        self, schema: Mapping[str, Any], location: str, style: str, parameter: Mapping[str, Any]
    ) -> str | None:
        """Return why a value of a parameter cannot be written as text, or None."""
        explode = parameter.get("explode", style == "form")
        types = self.types(schema)
        if types == ANYTHING:
            return None
        if "object" in types:
            if location != "query" or not explode or style != "form":
                return f"an object is sent in a query alone, with style: form and explode: true, not in this {location}"
            nested = self.shape(schema).properties.items()
            if names := [name for name, value in nested if "object" in self.types(value) != ANYTHING]:
                return f"an object in an object ({', '.join(names)}) cannot be sent in a query; use a request body"
        if "array" in types:
            items = self.types(self.resolved(schema.get("items")))
            if items != ANYTHING and items & {"object", "array"}:
                return f"an array of objects or arrays cannot be sent in a {location}; use a request body"
            if location == "cookie" and explode:
                return "an array in a cookie is joined by commas; say so with explode: false"
        return None

    def _request_body(self, body: Mapping[str, Any], place: str) -> Iterator[str]:
        content = mapping(body.get("content"))
        for media_type, media in content.items():
            where, schema = below(place, "content", media_type), self.resolved(mapping(media).get("schema"))
            types = self.types(schema)
            name = essence(media_type)
            if name in {"multipart/form-data", "application/x-www-form-urlencoded"}:
                if types != OBJECT:
                    yield f"{where}.schema: expected an object, whose properties are the fields of the form"
                if "encoding" in mapping(media):
                    yield (
                        f"{where}.encoding: it is not obeyed; leave it out: objects are sent as JSON, files with the "
                        "media type of the File, all else as text"
                    )
                yield from self._nested_files(schema, where)
            elif name == BYTES:
                if schema.get("format") != "binary":
                    yield f"{where}.schema: expected {{type: string, format: binary}}"
            elif not is_json(name):
                yield (
                    f"{where}: bodies of this media type cannot be sent; supported are {JSON}, multipart/form-data, "
                    "application/x-www-form-urlencoded and application/octet-stream"
                )
            elif self._has_file(schema):
                yield f"{where}.schema: JSON has no files; use multipart/form-data, or format: byte for base64"
            if len(content) > 1 and (types == ANYTHING or "const" in schema):
                yield f"{where}.schema: one of several bodies is told by its class; give it a type, or one media type"
            yield from self._schema(mapping(media).get("schema", {}), f"{where}.schema")

    def _nested_files(self, schema: Mapping[str, Any], place: str) -> Iterator[str]:
        for name, value in self.shape(schema).properties.items():
            value = self.resolved(value)
            if any("properties" in node and self._has_file(node) for node in self._reachable([value])):
                yield f"{place}.schema: the file inside {name!r} cannot be sent; make it a field of its own"

    def _has_file(self, schema: Mapping[str, Any]) -> bool:
        """Return whether a file is somewhere in a schema."""
        return any(node.get("format") == "binary" for node in self._reachable([schema]))

    def _response(self, response: Mapping[str, Any], place: str, status: str) -> Iterator[str]:
        content = mapping(response.get("content"))
        supported = False
        for media_type, media in content.items():
            where = below(place, "content", media_type)
            schema = self.resolved(mapping(media).get("schema"))
            name = essence(media_type)
            types = self.types(schema)
            if is_text(name) and schema and not types & {"string", "number", "boolean"} and len(content) == 1:
                yield f"{where}.schema: {name} holds a text; if it is JSON, describe {JSON}"
            supported |= (
                is_json(name) or is_text(name) or name == "*/*" or not schema or schema.get("format") == "binary"
            )
            yield from self._schema(mapping(media).get("schema", {}), f"{where}.schema")
        if content and not supported and status[:1] in "2d":
            yield (
                f"{place}.content: bodies of {', '.join(content)} are not decoded; "
                f"describe {JSON}, or {{type: string, format: binary}} to get the bytes"
            )

    # Schemas

    def _schema(self, schema: Any, place: str, *, in_all_of: bool = False) -> Iterator[str]:
        if isinstance(schema, bool):
            yield f"{place}: a schema that is {str(schema).lower()} is not supported; write {{}} for any value"
        if not isinstance(schema, dict):
            return
        schema = mapping(schema)
        if "$ref" in schema:
            yield from self._reference(schema, place)
            return
        for keyword in schema:
            if keyword in REFUSED:
                yield f"{below(place, keyword)}: this keyword is not supported; {REFUSED[keyword]}"
            elif keyword not in KNOWN and not keyword.startswith("x-"):
                yield f"{below(place, keyword)}: there is no such keyword{did_you_mean(keyword, sorted(KNOWN))}"
        for check in CHECKS if not in_all_of else CHECKS_IN_ALL_OF:
            if problem := check(self, schema):
                keyword, message = problem
                yield f"{below(place, keyword) if keyword else place}: {message}"
        for name, child in mapping(schema.get("properties")).items():
            yield from self._schema(child, below(place, "properties", name))
        for keyword in ("allOf", "anyOf", "oneOf"):
            for index, child in enumerate(sequence(schema.get(keyword))):
                yield from self._schema(child, below(place, keyword, index), in_all_of=keyword == "allOf")
        if "items" in schema:
            yield from self._schema(schema["items"], f"{place}.items")
        if not isinstance(schema.get("additionalProperties", True), bool):
            yield from self._schema(schema["additionalProperties"], f"{place}.additionalProperties")

    def _reference(self, schema: Mapping[str, Any], place: str) -> Iterator[str]:
        reference = str(schema["$ref"])
        beside = _parts(schema) - {"$ref"}
        if "type" in beside and self.types({"$ref": reference}) == self.types({"type": schema["type"]}):
            beside.remove("type")
        if beside:
            yield f"{place}: {_named(beside)} beside $ref would be lost; make them two entries of allOf"
        if not re.fullmatch(r"#/components/schemas/[^/]+", reference):
            yield f"{place}: $ref {reference!r} is not followed; put the schema under components.schemas"
        elif reference.rpartition("/")[2] not in mapping(self.components.get("schemas")):
            yield f"{place}: there is no {reference[1:]}"

    def resolved(self, node: Any) -> Mapping[str, Any]:
        """Return a part of the document, or what it refers to by `$ref`; nothing if that is nowhere."""
        seen = set[str]()
        while isinstance(reference := mapping(node).get("$ref"), str):
            if reference in seen or not reference.startswith("#/"):
                return {}
            seen.add(reference)
            node = self.document
            for step in reference.removeprefix("#/").split("/"):
                node = mapping(node).get(step.replace("~1", "/").replace("~0", "~"))
        return mapping(node)

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
        return OBJECT if "properties" in schema else ANYTHING

    def shape(self, schema: Any) -> _Shape:
        """Return the properties of an object."""
        shape = _Shape({}, set())
        self._add_shape(schema, shape, set())
        return shape

    def _add_shape(self, schema: Any, shape: _Shape, seen: set[int]) -> None:
        schema = self.resolved(schema)
        if id(schema) in seen:
            return
        seen.add(id(schema))
        shape.properties.update(mapping(schema.get("properties")))
        shape.required.update(map(str, sequence(schema.get("required"))))
        for part in sequence(schema.get("allOf")):
            self._add_shape(part, shape, seen)

    def values(self, schema: Any) -> set[Any] | None:
        """Return the values that a schema lists, or None if it lists none."""
        schema = self.resolved(schema)
        if "const" in schema:
            return {str(schema["const"])}
        return {str(value) for value in sequence(schema["enum"])} if "enum" in schema else None

    def may_be_taken_for(self, other: Any, first: Any) -> bool:
        """Return whether the decoder of `first`, which is asked before, may accept what is meant as `other`."""
        other, first = self.resolved(other), self.resolved(first)
        if other is first:
            return False
        common = self.types(first) & self.types(other)
        if "object" in common:
            mine, theirs = self.shape(first), self.shape(other)
            shared = mine.properties.keys() & theirs.properties.keys()
            if not mine.required - theirs.properties.keys() and not any(
                self._are_disjoint(mine.properties[name], theirs.properties[name])
                for name in shared & (mine.required | theirs.required)
            ):
                return True
        if "array" in common and first.get("items") and other.get("items"):
            return self.may_be_taken_for(other["items"], first["items"])
        return False

    def _are_disjoint(self, first: Any, second: Any) -> bool:
        mine, theirs = self.values(first), self.values(second)
        if mine is not None and theirs is not None:
            return not mine & theirs
        return not self.types(first) & self.types(second)

    def _reach(self) -> None:
        """Find the schemas of requests and those of responses."""
        sent, received = list[Any](), list[Any]()
        for item in map(mapping, mapping(self.document.get("paths")).values()):
            for operation in (mapping(item.get(method)) for method in METHODS):
                body = self.resolved(operation.get("requestBody"))
                sent += [mapping(media).get("schema") for media in mapping(body.get("content")).values()]
                for response in map(self.resolved, mapping(operation.get("responses")).values()):
                    received += [mapping(media).get("schema") for media in mapping(response.get("content")).values()]
        self.sent = {id(node) for node in self._reachable(sent)}
        self.received = {id(node) for node in self._reachable(received)}

    def _reachable(self, nodes: Iterable[Any]) -> Iterator[Mapping[str, Any]]:
        """Yield these schemas and all that they consist of."""
        stack, seen = list(nodes), set[int]()
        while stack:
            node = self.resolved(stack.pop())
            if id(node) not in seen:
                seen.add(id(node))
                yield node
                stack += [
                    *mapping(node.get("properties")).values(),
                    node.get("items"),
                    node.get("additionalProperties"),
                ]
                stack += [part for keyword in ("allOf", "anyOf", "oneOf") for part in sequence(node.get(keyword))]


# What is refused of a schema as a whole. Each returns the keyword that is to blame, or "", and the message; or None.


def _const(_: _Walk, schema: Mapping[str, Any]) -> Problem | None:
    value = schema.get("const", "")
    if value is None:
        return "const", 'null is not supported; use type: "null"'
    if isinstance(value, float) and value.is_integer():
        return "const", f"write {value} as {int(value)}"
    if not isinstance(value, str | int):
        return "const", f"expected a string, an integer or a boolean, got {value!r}"
    return None


def _boolean(_: _Walk, schema: Mapping[str, Any]) -> Problem | None:
    if schema.get("type") != "boolean":
        return None
    if "const" in schema:
        return "", "const beside type: boolean would be lost; leave the type out"
    if "enum" in schema and {*map(str, sequence(schema["enum"]))} != {"True", "False"}:
        return "", "an enum of booleans would be lost; use const without a type"
    return None


def _enum(_: _Walk, schema: Mapping[str, Any]) -> Problem | None:
    values = [value for value in sequence(schema.get("enum")) if value is not None]
    if schema.get("type") == "boolean" or not values:
        return None
    if {type(value) for value in values} not in ({str}, {int}):
        return "enum", 'expected strings alone or integers alone; quote texts such as "yes" and "1"'
    given = sequence(schema.get("x-enum-varnames"))
    if given and len(given) != len(values):
        return "x-enum-varnames", f"expected {len(values)} names, one for each value, got {len(given)}"
    taken: dict[str, Any] = {}
    for index, value in enumerate(values):
        name = enum_name(value, index, given)
        if not name.isidentifier():
            return "enum", f"{value!r} has no name in Python; give each value one with x-enum-varnames"
        if name in taken:
            return "enum", (
                f"{taken[name]!r} and {value!r} would both be {name} in Python; "
                "give each value a name with x-enum-varnames"
            )
        taken[name] = value
    return None


def enum_name(value: str | int, index: int, given: list[Any]) -> str:
    """Return the name that openapi-python-client gives a member of an enum."""
    if given:
        return snake_case(str(given[index])).upper()
    if isinstance(value, int):
        return f"VALUE_NEGATIVE_{-value}" if value < 0 else f"VALUE_{value}"
    return snake_case(value.upper()).upper() if value and value[0].isalpha() else f"VALUE_{index}"


def _default(walk: _Walk, schema: Mapping[str, Any]) -> Problem | None:
    default = schema.get("default")
    types = walk.types(schema)
    if default is None or types == ANYTHING:
        return None
    if (kind := JSON_TYPES.get(type(default), "string")) not in types:
        expected = schema["type"] if isinstance(schema.get("type"), str) else " or ".join(sorted(types))
        return "default", f"expected {expected}, got the {kind} {default!r}"
    if schema.get("type") == "integer" and isinstance(default, float):
        return "default", f"expected an integer, got {default!r}"
    allowed = walk.values(schema)
    if allowed is not None and str(default) not in allowed:
        return "default", f"{default!r} is not one of the values"
    return None


def _beside_one_of(_: _Walk, schema: Mapping[str, Any]) -> Problem | None:
    for keyword in ("oneOf", "anyOf"):
        lost = _parts(schema) & {"properties", "required", "additionalProperties", "allOf", "items"}
        if keyword in schema and lost:
            return "", f"{_named(lost)} beside {keyword} would be lost; put them into each of the alternatives"
    if "oneOf" in schema and "anyOf" in schema:
        return "", "anyOf beside oneOf is not supported; use one of them"
    return None


def _beside_all_of(walk: _Walk, schema: Mapping[str, Any]) -> Problem | None:
    parts = sequence(schema.get("allOf"))
    if len(parts) == 1 and "$ref" in mapping(parts[0]):
        if lost := _parts(schema) & {"properties", "required", "additionalProperties"}:
            return "", f"{_named(lost)} beside allOf of one $ref would be lost; make them another entry of allOf"
        return None
    for index, part in enumerate(parts):
        resolved = walk.resolved(part)
        if isinstance(resolved.get("additionalProperties"), dict):
            return "", f"allOf[{index}]: its additionalProperties would be lost; put them beside allOf"
        if "$ref" not in part and (lost := _parts(resolved) & {"allOf", "oneOf", "anyOf", "enum", "const", "items"}):
            return "", f"allOf[{index}]: {_named(lost)} inside allOf would be lost; make it a schema of its own"
    return None


def _type(_: _Walk, schema: Mapping[str, Any]) -> Problem | None:
    if "type" in schema or _parts(schema) & {"allOf", "anyOf", "oneOf", "enum", "const"}:
        return None
    if "items" in schema:
        return "", "items without a type would be lost; add type: array"
    if "additionalProperties" in schema and "properties" not in schema:
        return "", "additionalProperties without a type would be lost; add type: object"
    if "format" in schema:
        return "", "format without a type would be lost; add the type"
    return None


def _required(walk: _Walk, schema: Mapping[str, Any]) -> Problem | None:
    if "allOf" in schema or "properties" not in schema:
        return None
    missing = [name for name in map(str, sequence(schema.get("required"))) if name not in mapping(schema["properties"])]
    return ("required", f"there is no property {', '.join(map(repr, missing))}") if missing else None


def _one_way(walk: _Walk, schema: Mapping[str, Any]) -> Problem | None:
    for name in map(str, sequence(schema.get("required"))):
        value = walk.resolved(mapping(schema.get("properties")).get(name))
        if value.get("readOnly") and id(schema) in walk.sent:
            return "required", f"{name!r} is readOnly and requests do not have it; leave it out of required"
        if value.get("writeOnly") and id(schema) in walk.received:
            return "required", f"{name!r} is writeOnly and responses do not have it; leave it out of required"
    return None


def _alternatives(walk: _Walk, schema: Mapping[str, Any]) -> Problem | None:
    if id(schema) in walk.sent and id(schema) not in walk.received:  # nobody decodes it
        return None
    for keyword in ("oneOf", "anyOf"):
        alternatives = sequence(schema.get(keyword))
        for (first, one), (second, other) in combinations(enumerate(alternatives), 2):
            if "discriminator" not in schema and walk.may_be_taken_for(other, one):
                return "", (
                    f"{keyword}[{second}] may be taken for {keyword}[{first}]; give each a required property with a "
                    "const of its own, or put the one with more required properties first"
                )
    return None


def _discriminator(walk: _Walk, schema: Mapping[str, Any]) -> Problem | None:
    if "discriminator" not in schema:
        return None
    alternatives = sequence(schema.get("oneOf")) or sequence(schema.get("anyOf"))
    if not alternatives:
        return "discriminator", "it needs the alternatives beside it; list them with oneOf"
    name = str(mapping(schema["discriminator"]).get("propertyName"))
    for index, alternative in enumerate(alternatives):
        shape = walk.shape(alternative)
        if name not in shape.required or walk.values(shape.properties.get(name)) is None:
            return "discriminator", f"alternative {index} needs {name!r} as a required property with a const of its own"
    for one, other in combinations(alternatives, 2):
        if walk.may_be_taken_for(other, one):
            return "discriminator", f"two alternatives have the same {name!r}; give each a const of its own"
    return None


CHECKS_IN_ALL_OF: tuple[Check, ...] = (_const, _boolean, _enum, _default, _beside_one_of, _beside_all_of, _one_way)
CHECKS: tuple[Check, ...] = (*CHECKS_IN_ALL_OF, _type, _required, _alternatives, _discriminator)


def _parts(schema: Mapping[str, Any]) -> set[str]:
    """Return the keywords of a schema that are no documentation."""
    return {name for name in schema if name not in ANNOTATIONS | LIMITS and not name.startswith("x-")}


def _named(keywords: set[str]) -> str:
    return " and ".join(sorted(keywords))


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a question to end a message with if something of almost this name is known."""
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""
