"""Facts of the OpenAPI document that openapi-python-client does not pass to templates, each looked up once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from openapi_python_client.parser.openapi import Endpoint
from openapi_python_client.strings import PythonIdentifier

from generator.errors import GenerationError
from generator.security import Security, SecuritySchemes

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
NAME_IN_BRACES = re.compile(r"\{(.*?)\}")


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
    """

    path: str
    security: Security | None
    descriptions: Mapping[tuple[str, str], str]


class Document:
    """Facts of an OpenAPI document.

    Args:
        name: The name of the document, for errors.
        data: The document.

    Attributes:
        base_url: The first server with the defaults of its variables, or None if it is relative or there is none.
        documentation_url: The URL of `externalDocs`, or None.
        rate_limit: The extension `x-rate-limit`, or None.
        key_required: Whether every operation needs an API key.

    Raises:
        GenerationError: Something in the document cannot be generated.
    """

    def __init__(self, name: str, data: Mapping[str, Any]) -> None:
        self._name = name
        self._data = data
        self.base_url = self._base_url()
        self.documentation_url: str | None = _mapping(data.get("externalDocs")).get("url")
        self.rate_limit = self._rate_limit()
        self._operations = dict(self._facts())
        self._tags: dict[str, str] = {
            PythonIdentifier(tag["name"], "tag"): tag["description"]
            for tag in _sequence(data.get("tags"))
            if tag.get("description")
        }
        securities = [facts.security for facts in self._operations.values()]
        self.key_required = bool(securities) and None not in securities

    def check_names(self, endpoints: Iterable[Endpoint]) -> None:
        """Raise GenerationError if two operations of a tag would have the same module."""
        taken: set[str] = set()
        for endpoint in endpoints:
            if endpoint.name in taken:
                raise self._error(
                    f"paths.{self.operation(endpoint).path}.{endpoint.method}.operationId",
                    f"another operation of this tag is called {endpoint.name!r} too; give each a name of its own",
                )
            taken.add(endpoint.name)

    def operation(self, endpoint: Endpoint) -> OperationFacts:
        """Return the facts of an endpoint's operation."""
        return self._operations[_key(endpoint.path.get_untrusted_value(), endpoint.method)]

    def tag_description(self, tag: str) -> str:
        """Return the description of a tag, given by its Python name."""
        return self._tags.get(tag, f"Operations of the tag `{tag}`.")

    def _base_url(self) -> str | None:
        server = _mapping(next(iter(_sequence(self._data.get("servers"))), None))
        variables = _mapping(server.get("variables"))
        url: str = server.get("url") or ""
        for name in NAME_IN_BRACES.findall(url):
            default = _mapping(variables.get(name)).get("default")
            if default is None:
                raise self._error(
                    "servers.0.url", f"{{{name}}} has no default; give it one as servers.0.variables.{name}.default"
                )
            url = url.replace(f"{{{name}}}", str(default))
        return url if "://" in url else None

    def _rate_limit(self) -> RateLimit | None:
        match self._data.get("x-rate-limit"):
            case None:
                return None
            case {"requests": int(requests), "seconds": int() | float() as seconds, **others} if (
                requests > 0
                and seconds > 0
                and others.keys() <= {"remaining"}
                and isinstance(remaining := others.get("remaining", ""), str)
            ):
                return RateLimit(requests, seconds, remaining)
            case _:
                raise self._error(
                    "x-rate-limit",
                    "expected numbers above 0 as `requests` and `seconds`, and the name of a header as `remaining` "
                    f"or nothing, got {self._data['x-rate-limit']!r}",
                )

    def _facts(self) -> Iterator[tuple[tuple[str, str], OperationFacts]]:
        components = _mapping(self._data.get("components"))
        definitions = _mapping(components.get("securitySchemes"))
        schemes = SecuritySchemes(
            self._name,
            {name: self._resolved(part, f"components.securitySchemes.{name}") for name, part in definitions.items()},
        )
        for path, item in _mapping(self._data.get("paths")).items():
            for method in METHODS:
                if operation := _mapping(item.get(method)):
                    place = f"paths.{path}.{method}"
                    security = (
                        schemes.select(operation["security"], f"{place}.security")
                        if "security" in operation
                        else schemes.select(self._data.get("security"), "security")
                    )
                    parameters = [
                        self._resolved(parameter, f"{place}.parameters")
                        for parameter in [*_sequence(item.get("parameters")), *_sequence(operation.get("parameters"))]
                    ]
                    descriptions = {
                        (parameter["in"], parameter["name"]): parameter["description"]
                        for parameter in parameters
                        if parameter.get("description")
                    }
                    yield _key(path, method), OperationFacts(path, security, descriptions)

    def _resolved(self, value: Mapping[str, Any], place: str) -> Mapping[str, Any]:
        """Return a part of the document, with its `$ref` resolved."""
        seen: set[str] = set()
        while reference := value.get("$ref"):
            try:
                if reference in seen or not reference.startswith("#/"):
                    raise LookupError(reference)
                seen.add(reference)
                target: Any = self._data
                for step in reference.removeprefix("#/").split("/"):
                    target = target[step.replace("~1", "/").replace("~0", "~")]
                value = target
            except (LookupError, TypeError):
                raise self._error(
                    place, f"$ref {reference!r} leads nowhere; refer to a component of this document"
                ) from None
        return value

    def _error(self, place: str, message: str) -> GenerationError:
        return GenerationError(f"{self._name}: {place}: {message}")


def _key(path: str, method: str) -> tuple[str, str]:
    return NAME_IN_BRACES.sub("{}", path), method


def _mapping(value: Any) -> Mapping[str, Any]:
    """Return an object of the document, empty if it is missing."""
    return value or {}


def _sequence(value: Any) -> Sequence[Any]:
    """Return an array of the document, empty if it is missing."""
    return value or []
