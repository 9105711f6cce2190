"""Operations and their tags, prepared for templates."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple
from urllib.parse import quote

from openapi_python_client import schema as oai
from openapi_python_client.config import Config
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.bodies import Body
from openapi_python_client.parser.openapi import Endpoint, EndpointCollection
from openapi_python_client.parser.properties import Property
from openapi_python_client.parser.responses import Response
from openapi_python_client.schema.untrusted_string import UntrustedString
from openapi_python_client.strings import ClassName, safe_for_docstring

from generator import decoders, naming
from generator.code import hidden_imports, literal, needed_imports, qualify_builtins, through_models
from generator.docstrings import docstring, ended, plain, section, wrapped
from generator.document import Document, OperationFacts, operation_key
from generator.errors import GenerationError
from generator.media_types import essence

DOCSTRING_WIDTH = 96
"""The width of entries in the sections `Args` and `Raises` of a docstring."""

URL_PATH = "/{}%:@!$&'()*+,;=~"
"""Characters that a path has as they are, besides letters, digits and `_.-`; parameters are in braces."""

NO_SUCCESS = [("2XX", "bodies.nothing")]
"""Responses of an operation for which the document has errors or redirects alone."""

TAG_IMPORTS = (
    "from typing import Any, Literal",
    "from ...types import UNSET, File, Unset",
)
"""Imports that the module of a tag may need besides those of its operations."""


class Parameter(NamedTuple):
    """The name of a function parameter, and the code that declares it."""

    name: str
    declaration: str


class Operation:
    """An operation of the document: the code of its functions, and the text of their docstrings."""

    def __init__(self, endpoint: Endpoint, facts: OperationFacts) -> None:
        self.endpoint = endpoint
        self.name: str = endpoint.name
        self.method = endpoint.method.upper()
        self.path = facts.path
        self.url_path = quote(facts.path, safe=URL_PATH)
        self._facts = facts

    @property
    def title(self) -> str:
        """Return the method and the path, and the summary if there is one."""
        summary = self.endpoint.summary.get_untrusted_value()
        return f"{self.method} {self.path}" + (f": {summary}" if summary else "")

    @property
    def security(self) -> str:
        """Return code for its `Security`, or "None"."""
        return self._facts.security.code() if self._facts.security else "None"

    @cached_property
    def positional(self) -> list[Parameter]:
        """Return the positional parameters."""
        return [_parameter(property_) for property_ in self.endpoint.path_parameters]

    @cached_property
    def keyword(self) -> list[Parameter]:
        """Return the keyword-only parameters, the body first."""
        endpoint, body = self.endpoint, list[Parameter]()
        if endpoint.bodies:
            types = list(self._bodies)
            default = "" if endpoint.bodies[0].prop.required else " | Unset = UNSET"
            body = [Parameter("body", f"body: {' | '.join(types)}{default}")]
        others = endpoint.query_parameters + endpoint.header_parameters + endpoint.cookie_parameters
        return body + [_parameter(property_) for property_ in others]

    @property
    def parameters(self) -> list[Parameter]:
        """Return all parameters."""
        return self.positional + self.keyword

    def signature(self, client: str = "", members: frozenset[str] = frozenset()) -> str:
        """Return code that declares the parameters of a function.

        Args:
            client: The type of the parameter `client`, or "" for none.
            members: The members of the class around the function.
        """
        positional = [qualify_builtins(parameter.declaration, members) for parameter in self.positional]
        keyword = [qualify_builtins(parameter.declaration, members) for parameter in self.keyword]
        keyword = [f"client: {client}", *keyword] if client else keyword
        return ", ".join([*positional, "*", *keyword] if keyword else positional)

    def arguments(self, client: str = "") -> str:
        """Return code that passes the parameters on, and `client` unless it is ""."""
        names = {parameter.name: parameter.name for parameter in self.keyword}
        keyword = {"client": client, **names} if client else names
        return ", ".join([*(p.name for p in self.positional), *(f"{name}={value}" for name, value in keyword.items())])

    @property
    def sources(self) -> dict[str, list[tuple[UntrustedString, str]]]:
        """Return the parameters by location, each with its name in the document and code for its value."""
        places = {
            "path_parameters": self.endpoint.path_parameters,
            "query": self.endpoint.query_parameters,
            "headers": self.endpoint.header_parameters,
            "cookies": self.endpoint.cookie_parameters,
        }
        return {
            place: [(property_.name, self._value(place, property_)) for property_ in properties]
            for place, properties in places.items()
            if properties
        }

    def _value(self, place: str, property_: Property) -> str:
        name, code = property_.name.get_untrusted_value(), property_.python_name
        if place == "query" and name in self._facts.deep_objects:
            return f"deep_object({code}, {literal(name)})"
        delimiter = self._facts.delimiters.get(name) if place == "query" else None
        return f"delimited({code}, {literal(delimiter)})" if delimiter else code

    @property
    def content_type(self) -> str:
        """Return code for the media type of `body`; if there are several, the class of the body decides."""
        code = ""
        for body in reversed(self._bodies.values()):
            media_type = literal(body.content_type)
            class_ = body.prop.get_instance_type_string().as_unembedded_code()
            class_ = "int | float" if class_ == "float" else class_
            code = f"{media_type} if isinstance(body, {class_}) else {code}" if code else media_type
        return code

    @property
    def accept(self) -> str:
        """Return the media types of the documented successes, for the header `Accept`."""
        described = [each.data for each in self._successes if isinstance(each.data, oai.Response)]
        names = (essence(name.get_untrusted_value()) for response in described for name in response.content or ())
        return ", ".join(dict.fromkeys(names)) or "*/*"

    @property
    def responses(self) -> list[tuple[str, str]]:
        """Return the status patterns of success, each with code for the decoder of the body.

        If none is documented, any 2xx is a success without a body: the server has acted.
        """
        if self._has_no_body:
            return [(response.status_code.pattern, "bodies.nothing") for response in self._successes] or NO_SUCCESS
        return [(response.status_code.pattern, decoders.body(response)[0]) for response in self._successes]

    @property
    def errors(self) -> list[tuple[str, str]]:
        """Return the status patterns of errors, each with code for the decoder of the body."""
        return [
            (response.status_code.pattern, decoders.body(response)[0])
            for response in self._failures
            if response.source["return_type"] not in {"None", "bytes"}
        ]

    @property
    def error_imports(self) -> list[str]:
        """Return import statements for the types of the documented errors."""
        statements: set[str] = set()
        for response in self._failures:
            statements |= response.prop.get_imports(prefix="...") | response.prop.get_lazy_imports(prefix="...")
        return sorted(through_models(statement) for statement in statements if ".models." in statement)

    @cached_property
    def result(self) -> str:
        """Return code for the type that a call returns."""
        if self._has_no_body:
            return "None"
        return " | ".join(dict.fromkeys(decoders.body(response)[1] for response in self._successes))

    @property
    def imports(self) -> list[str]:
        """Return import statements for the types of the parameters and of the result."""
        return sorted(map(through_models, self.endpoint.relative_imports))

    @property
    def parameter_entries(self) -> list[str]:
        """Return the docstring entries of the parameters."""
        endpoint = self.endpoint
        properties: list[tuple[str, Property]] = [
            *((str(place), property_) for place, property_ in endpoint.iter_all_parameters()),
            *(("", body.prop) for body in self._bodies.values()),
        ]
        return [wrapped(self._entry(place, property_), DOCSTRING_WIDTH) for place, property_ in properties]

    @property
    def error_entries(self) -> list[str]:
        """Return the docstring entries of the documented errors."""
        entries: list[str] = []
        for response in self._failures:
            if isinstance(response.data, oai.Response) and response.data.description:
                status = response.status_code.pattern
                entry = f"{naming.error_name(status)}: {status}. {plain(response.data.description)}"
                entries.append(wrapped(entry, DOCSTRING_WIDTH))
        return entries

    @cached_property
    def docstring(self) -> str:
        """The docstring of its functions and methods, with quotes."""
        endpoint = self.endpoint
        texts = [docstring(text, 100) for text in (endpoint.summary, endpoint.description) if text]
        sections = texts or [f"`{docstring(self.title)}`."]
        if self.parameter_entries:
            sections.append(section("Args", self.parameter_entries))
        errors = [
            "UsageError: The call cannot be made; nothing was sent.",
            "APIConnectionError: No complete response. The subclass `APITimeoutError`: none in time.",
            *self.error_entries,
            f"APIStatusError: Any {'other ' if self.error_entries else ''}status that is not 2xx.",
            "APIResponseValidationError: The response does not match the API description.",
        ]
        text = "\n\n".join([*sections, section("Raises", errors)])
        return f'"""{text}\n"""'

    @cached_property
    def _bodies(self) -> dict[str, Body]:
        """The bodies by their types; if several media types have one type, the first is sent."""
        bodies: dict[str, Body] = {}
        for body in self.endpoint.bodies:
            bodies.setdefault(body.prop.get_type_string(no_optional=True).as_unembedded_code(), body)
        return bodies

    @property
    def _has_no_body(self) -> bool:
        return self.method == "HEAD" or not self._successes

    @cached_property
    def _successes(self) -> list[Response]:
        return [response for response in self.endpoint.responses if self._is_success(response)]

    @cached_property
    def _failures(self) -> list[Response]:
        return [response for response in self.endpoint.responses if not self._is_success(response)]

    def _is_success(self, response: Response) -> bool:
        """Return whether the response is a success: 2xx, or a `default` that is the only one.

        If only errors or redirects stand beside it, `default` is taken for an error. A 2xx then returns None instead of
        raising, because the server has acted.
        """
        if response.is_default():
            return not self.endpoint.responses.patterns
        return response.status_code.pattern.startswith("2")

    def _entry(self, place: str, property_: Property) -> str:
        found = self._facts.descriptions.get((place, property_.name.get_untrusted_value()))
        description = found or property_.description or ""
        entry = f"{property_.python_name} ({plain(property_.get_type_string())}): {ended(plain(description))}".strip()
        if property_.default:
            entry += f" Default: {safe_for_docstring(property_.default.python_code)}."
        if property_.example:
            entry += f" Example: {safe_for_docstring(property_.example)}."
        return entry


@dataclass(frozen=True)
class Method:
    """A method of the class of a tag; `module` is the name under which the class imports the operation's module."""

    name: str
    module: str
    operation: Operation


@dataclass(frozen=True)
class Tag:
    """A tag of the document: the class of its operations, and the name of the client's attribute."""

    name: str
    class_name: str
    attribute: str
    description: str
    methods: Sequence[Method]

    @cached_property
    def members(self) -> frozenset[str]:
        """Return the names of the methods, which may hide builtins in the class."""
        return frozenset(method.name for method in self.methods)

    @property
    def imports(self) -> list[str]:
        """Return the imports that the signatures of the methods need."""
        statements, codes = {*TAG_IMPORTS, *hidden_imports(self.members)}, set[str]()
        for operation in (method.operation for method in self.methods):
            statements |= set(operation.imports)
            codes |= {parameter.declaration for parameter in operation.parameters}
            codes.add(operation.result)
        return needed_imports(statements, {qualify_builtins(code, self.members) for code in codes})


class API:
    """The operations of a document, by tag."""

    def __init__(self, data: GeneratorData, document: Document, config: Config, client_attributes: Set[str]) -> None:
        naming.rename_conflicts(data, config)
        self.document = document
        self._operations: dict[tuple[str, str], Operation] = {}
        self._tags: dict[str, Tag] = {}
        for name, collection in data.endpoint_collections_by_tag.items():
            operations = [Operation(endpoint, document.operation(endpoint)) for endpoint in collection.endpoints]
            self._operations |= {operation_key(operation.endpoint): operation for operation in operations}
            self._tags[name] = Tag(
                name,
                f"{ClassName(name, config.field_prefix)}API",
                naming.attribute_name(name, client_attributes),
                document.tag_description(name),
                methods(name, operations, config.field_prefix),
            )
        if conflicts := list(naming.conflicts(data, [tag.class_name for tag in self.tags])):
            raise GenerationError("\n".join(conflicts))

    @property
    def tags(self) -> list[Tag]:
        """Return all tags."""
        return list(self._tags.values())

    def tag(self, collection: EndpointCollection) -> Tag:
        """Return the tag of a collection, which openapi-python-client passes to a template."""
        return self._tags[collection.tag]

    def operation(self, endpoint: Endpoint) -> Operation:
        """Return the operation of an endpoint, which openapi-python-client passes to a template."""
        return self._operations[operation_key(endpoint)]

    @property
    def example(self) -> tuple[Tag, Method] | None:
        """Return the first method without arguments, or the first one if all have some, or None if there is none."""
        every = [(tag, method) for tag in self.tags for method in tag.methods]
        simple = (pair for pair in every if not pair[1].operation.parameters)
        return next(simple, every[0] if every else None)


def methods(tag: str, operations: Sequence[Operation], prefix: str) -> list[Method]:
    """Return the methods of a tag; a module whose name an argument hides is imported with a leading underscore."""
    names = naming.method_names(tag, [operation.name for operation in operations], prefix)
    arguments = {parameter.name for operation in operations for parameter in operation.parameters}
    return [
        Method(name, f"_{operation.name}" if operation.name in arguments else operation.name, operation)
        for name, operation in zip(names, operations, strict=True)
    ]


def _parameter(property_: Property) -> Parameter:
    return Parameter(property_.python_name, property_.to_string().as_unembedded_code())
