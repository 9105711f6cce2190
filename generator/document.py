"""Facts of the OpenAPI document that openapi-python-client does not pass to templates, each looked up once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Any, NamedTuple

from openapi_python_client.parser.openapi import Endpoint
from openapi_python_client.strings import PythonIdentifier

from generator.docstrings import with_limits
from generator.errors import GenerationError
from generator.nodes import NAME_IN_BRACES, below, mapping, operations, resolved, sequence
from generator.security import Security, select

DELIMITERS = {"form": ",", "spaceDelimited": " ", "pipeDelimited": "|"}
"""What stands between the items of an array in a query, by style."""


class RateLimit(NamedTuple):
    """Requests allowed in a number of seconds, and the response header with the number left, or ""."""

    requests: int
    seconds: float
    remaining: str = ""


@dataclass(frozen=True)
class OperationFacts:
    """Facts of an operation.

    Attributes:
        path: The path as written; in an `Endpoint`, the braces contain names of Python arguments.
        security: How the key is sent, or None if the operation needs none.
        descriptions: The descriptions of the parameters, by location and name.
        delimiters: The delimiters of arrays in the query, by name; other arrays are repeated.
        deep_objects: The names of parameters in the query with `style: deepObject`.
    """

    path: str
    security: Security | None
    descriptions: Mapping[tuple[str, str], str]
    delimiters: Mapping[str, str]
    deep_objects: Set[str]


class Document:
    """Facts of an OpenAPI document.

    Attributes:
        base_url: The first server with the defaults of its variables, or None if it is relative or there is none.
        documentation_url: The URL of `externalDocs`, or None.
        rate_limit: The extension `x-rate-limit`, or None.
        key_required: Whether every operation needs an API key.
        bearer_key: Whether the key is a token of one word, sent after the word Bearer.

    Raises:
        GenerationError: Something in the document cannot be generated.
    """

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = data
        self.base_url = self._base_url()
        self.documentation_url: str | None = mapping(data.get("externalDocs")).get("url")
        self.rate_limit = self._rate_limit()
        self._operations = dict(self._facts())
        self._tags: dict[str, str] = {
            PythonIdentifier(tag["name"], "tag"): tag["description"]
            for tag in sequence(data.get("tags"))
            if tag.get("description")
        }
        securities = [facts.security for facts in self._operations.values()]
        self.key_required = bool(securities) and all(security and not security.optional for security in securities)
        self.bearer_key = {security.scheme for security in securities if security} == {"Bearer"}

    def operation(self, endpoint: Endpoint) -> OperationFacts:
        """Return the facts of an endpoint's operation."""
        return self._operations[operation_key(endpoint)]

    def tag_description(self, tag: str) -> str:
        """Return the description of a tag, given by its Python name."""
        return self._tags.get(tag, f"Operations of the tag `{tag}`.")

    def _base_url(self) -> str | None:
        server = mapping(next(iter(sequence(self._data.get("servers"))), None))
        variables = mapping(server.get("variables"))
        url: str = server.get("url") or ""
        for name in NAME_IN_BRACES.findall(url):
            default = mapping(variables.get(name)).get("default")
            if default is None:
                advice = f"give it one as variables.{name}.default"
                raise GenerationError(f"$.servers[0].url: {{{name}}} has no default; {advice}")
            url = url.replace(f"{{{name}}}", str(default))
        return url if "://" in url else None

    def _rate_limit(self) -> RateLimit | None:
        match self._data.get("x-rate-limit"):
            case None:
                return None
            case {"requests": int(requests), "seconds": int() | float() as seconds, **others} if (
                requests > 0
                and seconds > 0
                and bool not in {type(requests), type(seconds)}
                and others.keys() <= {"remaining"}
                and isinstance(remaining := others.get("remaining", ""), str)
            ):
                return RateLimit(requests, seconds, remaining)
            case _:
                raise GenerationError(
                    "$['x-rate-limit']: expected numbers above 0 as `requests` and `seconds`, and the name of a header "
                    f"as `remaining` or nothing, got {self._data['x-rate-limit']!r}"
                )

    def _facts(self) -> Iterator[tuple[tuple[str, str], OperationFacts]]:
        components = mapping(self._data.get("components"))
        definitions = mapping(components.get("securitySchemes"))
        schemes = {name: mapping(resolved(self._data, part)) for name, part in definitions.items()}
        for path, method, item, operation in operations(self._data):
            place = below("$.paths", path, method)
            security = (
                select(schemes, operation["security"], f"{place}.security")
                if "security" in operation
                else select(schemes, self._data.get("security"), "$.security")
            )
            both = [*sequence(item.get("parameters")), *sequence(operation.get("parameters"))]
            resolved_ones = [mapping(resolved(self._data, parameter)) for parameter in both]
            # Those of the operation replace those of the path.
            parameters = {(each["in"], each["name"]): each for each in resolved_ones}.values()
            descriptions = {
                (parameter["in"], parameter["name"]): with_limits(
                    parameter["description"], resolved(self._data, parameter.get("schema"))
                )
                for parameter in parameters
                if parameter.get("description")
            }
            delimiters = {
                parameter["name"]: delimiter for parameter in parameters if (delimiter := _delimiter(parameter))
            }
            deep_objects = {each["name"] for each in parameters if each.get("style") == "deepObject"}
            yield (path, method), OperationFacts(path, security, descriptions, delimiters, deep_objects)


def _delimiter(parameter: Mapping[str, Any]) -> str | None:
    """Return what joins the items of an array in the query, or None if the parameter is repeated for each."""
    style = parameter.get("style", "form")
    if parameter["in"] != "query" or parameter.get("explode", style == "form"):
        return None
    return DELIMITERS.get(style)


def operation_key(endpoint: Endpoint) -> tuple[str, str]:
    """Return the path, as the document has it, and the method of an endpoint.

    An `Endpoint` has Python names in the braces of its path. Its path parameters are in the same order.
    """
    names = (parameter.name.get_untrusted_value() for parameter in endpoint.path_parameters)
    return NAME_IN_BRACES.sub(lambda _: f"{{{next(names)}}}", endpoint.path.get_untrusted_value()), endpoint.method
