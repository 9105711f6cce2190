"""Refusals of what OpenAPI allows and the client does not support, each in one line with its place and advice.

`make spec` reports them, too, besides invalid OpenAPI and the rules of this repository. What is not refused here is
obeyed, is documentation, or says nothing about requests and responses (callbacks, webhooks, links, response headers,
xml). tests/generator/test_refusals.py lists what is refused and what is accepted.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from openapi_python_client.parser.openapi import generate_operation_id
from openapi_python_client.schema.untrusted_string import UntrustedString
from openapi_python_client.strings import PythonIdentifier

from generator.media_types import BYTES, FORM, JSON, MULTIPART, essence, is_json, is_sent, is_text
from generator.nodes import METHODS, NAME_IN_BRACES, below, children, mapping, path_items, resolved, sequence
from generator.parameter_checks import hidden_classes, parameter_problems, parameters_alike
from generator.schema_checks import CHECKS, CHECKS_IN_ALL_OF, KNOWN, REFUSED, effective_keywords, in_words
from generator.schemas import OBJECT, Schemas

MAY_BE_NULL = frozenset({"const", "default", "example", "value"})

ADVICE_NO_VALUE = {"type": 'quote "null", or name another type', "$ref": "quote it, because # starts a comment"}

STATUS = re.compile(r"[1-5](\d\d|XX)|default|x-.*")

SERVER = re.compile(r"https?://(\[[\da-fA-F:]+\]|[^\s/?#@:\[\]]+)(:\d{1,5})?(/[^\s?#]*)?")


def refusals(document: Mapping[str, Any], *, literal_enums: bool = False) -> Iterator[str]:
    """Yield likely typing errors; without any, what is not supported; without any, references that lead nowhere.

    Args:
        document: The document.
        literal_enums: The setting of openapi-python-client.
    """
    walk = _Walk(document, literal_enums)
    yield from list(malformed(document)) or list(walk.refusals()) or dangling(document, document)


def dangling(document: Mapping[str, Any], node: Any, place: str = "$", *, named: bool = False) -> Iterator[str]:
    """Yield the references to parts of the document that lead nowhere, or in a circle."""
    if isinstance(reference := mapping(node).get("$ref"), str):
        try:
            resolved(document, node)
        except LookupError:
            outside = f"$ref {reference!r} is not followed; write here what it refers to"
            yield f"{place}: {f'there is no {reference[1:]}' if reference.startswith('#') else outside}"
    for step, child, has_names in children(node, named=named):
        yield from dangling(document, child, below(place, step), named=has_names)


def malformed(node: Any, place: str = "$", *, named: bool = False) -> Iterator[str]:
    """Yield likely typing errors, such as fields without a value, which would lead to misleading errors later."""
    for name, child in mapping(node).items():
        if not isinstance(name, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            yield f"{place}: expected text, as in '{name}', got {name}"
        elif child is None and not name.startswith("x-") and (named or name not in MAY_BE_NULL):
            advice = "quote a text that has a comma in it" if " " in name else "give it one or leave it out"
            yield f"{below(place, name)}: there is no value; {ADVICE_NO_VALUE.get(name, advice)}"
    for step, child, has_names in children(node, named=named):
        yield from malformed(child, below(place, step), named=has_names)


class _Walk:
    """A walk through a document.

    Nodes of another form than OpenAPI's are passed over: openapi-spec-validator and openapi-python-client name them.
    """

    def __init__(self, document: Mapping[str, Any], literal_enums: bool) -> None:
        self.document = document
        self.components = mapping(document.get("components"))
        self.schemas = Schemas(document, literal_enums=literal_enums)
        self._ids: dict[str, str] = {}  # places of operations, by operationId
        self._modules: dict[tuple[str, str], str] = {}  # by tag and module
        self._tags: dict[str, str] = {}  # tags by attribute

    def refusals(self) -> Iterator[str]:
        version = self.document.get("openapi")
        if not re.fullmatch(r"3\.[01]\.\d+", str(version)):
            yield f"$.openapi: expected a version such as 3.1.0 or 3.0.3, got {version!r}"
            return
        if "paths" not in self.document:
            yield "$.paths: there are no paths; describe at least one"
        yield from self._servers()
        yield from self._operations()
        checks: dict[str, Callable[[Any, str], Iterator[str]]] = {
            "responses": self._response,
            "requestBodies": self._request_body,
            "parameters": self._parameter,
            "schemas": self._schema,
        }
        for kind, check in checks.items():
            for name, component in mapping(self.components.get(kind)).items():
                place = below("$.components", kind, name)
                if kind in {"responses", "parameters"} and "$ref" in mapping(component):
                    yield f"{place}: a component that is only a $ref is not supported; describe it here"
                yield from check(component, place)

    # The document

    def _servers(self) -> Iterator[str]:
        for server in sequence(self.document.get("servers"))[:1]:
            url = str(mapping(server).get("url"))
            for name, variable in mapping(mapping(server).get("variables")).items():
                url = url.replace(f"{{{name}}}", str(mapping(variable).get("default")))
            if url != "/" and "{" not in url and not SERVER.fullmatch(url):
                yield (
                    "$.servers[0].url: expected scheme, host and path of a server, such as https://api.example.com/v1, "
                    f"got {url!r}"
                )

    def _other_servers(self, node: Mapping[str, Any]) -> bool:
        """Return whether a path or an operation is on another server than the rest."""
        servers = sequence(node.get("servers"))
        return bool(servers) and servers[:1] != sequence(self.document.get("servers"))[:1]

    def _operations(self) -> Iterator[str]:
        for path, item in path_items(self.document):
            place = below("$.paths", path)
            if problem := path_problem(path):
                yield f"{place}: {problem}"
            if "$ref" in item:
                yield f"{place}: a $ref of a path is not followed; write its operations here"
            if self._other_servers(item):
                yield f"{place}.servers: calls go to one server; put it into $.servers, or leave the path out"
            for index, parameter in enumerate(sequence(item.get("parameters"))):
                yield from self._parameter(parameter, below(place, "parameters", index))
            for method in METHODS:
                if "$ref" in mapping(item.get(method)):
                    yield f"{below(place, method)}: a $ref of an operation is not followed; write the operation here"
                elif operation := mapping(item.get(method)):
                    yield from self._names(operation, path, method)
                    yield from self._operation(operation, item, path, below(place, method))

    def _names(self, operation: Mapping[str, Any], path: str, method: str) -> Iterator[str]:
        """Yield the names of an operation that an earlier one has too, in the document or in Python."""
        place, name = below("$.paths", path, method), operation.get("operationId")
        tag = str(next(iter(sequence(operation.get("tags"))), "default"))
        attribute = PythonIdentifier(tag, "tag")
        if (other := self._tags.setdefault(attribute, tag)) != tag:
            yield f"{place}.tags: {tag!r} and {other!r} are both {attribute!r} in Python; spell them the same"
        if name is None:
            module = generate_operation_id(path=UntrustedString(path), method=method, prefix="field_")
        elif (other := self._ids.setdefault(str(name), place)) != place:
            yield f"{place}.operationId: {name!r} is that of {other} too; give each its own"
            return
        else:
            module = PythonIdentifier(str(name), "field_")
        if module == "field_":
            yield f"{place}.operationId: {name!r} has no letters for a name in Python; write some"
        if (other := self._modules.setdefault((attribute, module), place)) != place:
            yield f"{place}.operationId: this operation and {other} are both {module!r} in Python; rename one"

    def _operation(self, operation: Mapping[str, Any], item: Mapping[str, Any], path: str, place: str) -> Iterator[str]:
        if self._other_servers(operation):
            yield f"{place}.servers: calls go to one server; put it into $.servers, or leave the operation out"
        for index, parameter in enumerate(sequence(operation.get("parameters"))):
            yield from self._parameter(parameter, below(place, "parameters", index))
        of_path, of_operation = sequence(item.get("parameters")), sequence(operation.get("parameters"))
        yield from parameters_alike(self.schemas, of_path, of_operation, f"{place}.parameters")
        names = {
            (str(parameter.get("in")), str(parameter.get("name")))
            for parameter in map(self.schemas.resolved, [*of_path, *of_operation])
        }
        in_path = {name for location, name in names if location == "path"}
        for name in sorted(in_path ^ {*NAME_IN_BRACES.findall(path)}):
            yield f"{place}.parameters: {name!r} is {'not in the path' if name in in_path else 'only in the path'}"
        keys = self._keys(operation)
        for name in sorted(name for location, name in names if (location, name.lower()) in keys):
            yield f"{place}.parameters: {name!r} is the API key, which the client sends itself; leave it out"
        yield from hidden_classes(self.schemas, operation, sorted(name for _, name in names), place)
        if "requestBody" in operation:
            yield from self._request_body(operation["requestBody"], f"{place}.requestBody")
        if not operation.get("responses"):
            yield f"{place}: there are no responses; describe them"
        for status, response in mapping(operation.get("responses")).items():
            if not STATUS.fullmatch(status):
                expected = "expected one such as '200', a range 2XX, or default"
                yield f"{place}.responses: {status!r} is not a status; {expected}"
            yield from self._response(response, below(place, "responses", status), status)

    def _keys(self, operation: Mapping[str, Any]) -> set[tuple[str, str]]:
        """Return the locations and lowercase names of the API keys of an operation."""
        schemes = mapping(self.components.get("securitySchemes"))
        requirements = sequence(operation.get("security", self.document.get("security")))
        names = [name for requirement in requirements for name in mapping(requirement)]
        found = [self.schemas.resolved(schemes.get(name)) for name in names]
        keys = [scheme for scheme in found if scheme.get("type") == "apiKey"]
        return {(str(key.get("in")), str(key.get("name")).lower()) for key in keys}

    def _parameter(self, parameter: Any, place: str) -> Iterator[str]:
        parameter = mapping(parameter)
        yield from parameter_problems(self.schemas, parameter, place)
        if "schema" in parameter:
            yield from self._schema(parameter["schema"], f"{place}.schema")

    def _request_body(self, body: Any, place: str) -> Iterator[str]:
        content = mapping(mapping(body).get("content"))
        schemas = {name: self.schemas.resolved(mapping(media).get("schema")) for name, media in content.items()}
        sent = [media_type for media_type, schema in schemas.items() if is_sent(essence(media_type), schema)]
        if not content and "$ref" not in mapping(body):
            yield f"{place}: there is no media type; describe the body below content"
        elif content and not sent:
            yield (
                f"{place}.content: bodies of {', '.join(content)} cannot be sent; supported are {JSON}, {MULTIPART}, "
                f"{FORM}, and files: {{type: string, format: binary}}"
            )
        for media_type, media in content.items():
            where, schema = below(place, "content", media_type), schemas[media_type]
            types = self.schemas.types(schema)
            name = essence(media_type)
            if is_json(name) and "schema" not in mapping(media):
                yield f"{where}: there is no schema; add one, {{}} for any value"
            elif name in {MULTIPART, FORM}:
                if types != OBJECT:
                    yield f"{where}.schema: expected an object, whose properties are the fields of the form"
                if "encoding" in mapping(media):
                    yield (
                        f"{where}.encoding: it is not obeyed; leave it out: objects are sent as JSON, files with the "
                        "media type of the File, all else as text"
                    )
                if name == MULTIPART:
                    yield from self._nested_files(schema, where)
                elif self._has_file(schema):
                    yield f"{where}.schema: a form of this media type has no files; use {MULTIPART}"
            elif name == BYTES:
                if schema and schema.get("format") != "binary":
                    yield f"{where}.schema: expected {{type: string, format: binary}}"
            elif is_json(name) and self._has_file(schema):
                yield f"{where}.schema: a file cannot be sent in JSON; use {MULTIPART}, or format: byte for base64"
            if media_type in sent and len(sent) > 1 and self._has_no_class(schema):
                yield f"{where}.schema: the class of a body selects its media type; give it one type, or one media type"
            yield from self._schema(mapping(media).get("schema", {}), f"{where}.schema")

    def _has_no_class(self, schema: Mapping[str, Any]) -> bool:
        """Return whether `isinstance` cannot tell the values of a schema from others: an int may be sent as a float."""
        types, leaves = self.schemas.types(schema), list(self.schemas.leaves(schema))
        is_union = len(types) > 1 or len(leaves) > 1
        has_const = any("const" in leaf for leaf in leaves)
        return has_const or (is_union and bool(types & {"array", "number"}))

    def _nested_files(self, schema: Mapping[str, Any], place: str) -> Iterator[str]:
        for name, value in self.schemas.shape(schema).properties.items():
            for leaf in self.schemas.leaves(value):
                parts_of_it = self.schemas.leaves(leaf["items"]) if "items" in leaf else [leaf]
                if any(part.get("format") != "binary" and self._has_file(part) for part in parts_of_it):
                    yield f"{place}.schema: the file inside {name!r} cannot be sent; make it a field of its own"

    def _has_file(self, schema: Mapping[str, Any]) -> bool:
        """Return whether a file is somewhere in a schema."""
        return any(node.get("format") == "binary" for node in self.schemas.reachable([schema]))

    def _response(self, response: Any, place: str, status: str = "default") -> Iterator[str]:
        content = mapping(mapping(response).get("content"))
        if content and status in {"204", "205", "304"}:
            yield f"{place}.content: a {status} has no body; leave it out"
        supported = False
        for media_type, media in content.items():
            where = below(place, "content", media_type)
            schema = self.schemas.resolved(mapping(media).get("schema"))
            name = essence(media_type)
            types = self.schemas.types(schema)
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
        schema = mapping(schema)
        if "$ref" in schema:
            yield from self._reference(schema, place)
            return
        for keyword in schema:
            if keyword in REFUSED:
                yield f"{below(place, keyword)}: this keyword is not supported; {REFUSED[keyword]}"
            elif keyword not in KNOWN and not keyword.startswith("x-"):
                yield f"{below(place, keyword)}: there is no such keyword{did_you_mean(keyword, sorted(KNOWN))}"
        if self.schemas.is_circular(schema):
            yield f"{place}: it refers to itself; leave that reference out"
            return
        for check in CHECKS_IN_ALL_OF if in_all_of else CHECKS:
            if problem := check(self.schemas, schema):
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
        beside = effective_keywords(schema) - {"$ref"}
        if "type" in beside and self.schemas.types({"$ref": reference}) == self.schemas.types({"type": schema["type"]}):
            beside.remove("type")
        if beside:
            yield f"{place}: {in_words(beside)} beside $ref would be lost; make them two entries of allOf"
        if not re.fullmatch(r"#/components/schemas/[^/]+", reference):
            yield f"{place}: $ref {reference!r} is not followed; put the schema under components.schemas"


def path_problem(path: str) -> str | None:
    """Return what is wrong with a path, or None."""
    names = NAME_IN_BRACES.findall(path)
    if not path.startswith("/"):
        return f"a path starts with a slash; write {'/' + path!r}"
    if "?" in path:
        return "a path has no query; describe it with parameters"
    if {*"{}"} & {*NAME_IN_BRACES.sub("", path)}:
        return "a brace has no partner; write the name of each parameter as {name}"
    for name in names:
        if not re.fullmatch(r"[a-zA-Z_-][a-zA-Z0-9_-]*", name):
            return f"{{{name}}} is not supported; name a parameter with letters, digits, - and _"
    if twice := sorted({name for name in names if names.count(name) > 1}):
        return f"{{{twice[0]}}} occurs twice; give each its own name"
    return None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a question to end a message with if something of almost this name is known."""
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""
