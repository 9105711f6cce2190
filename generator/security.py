"""Security schemes: how the API key of an operation is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from openapi_python_client.strings import in_double_quote_literal

from generator.errors import GenerationError

SUPPORTED = (
    "supported are apiKey with a name in header, query or cookie, http with the scheme basic or bearer, "
    "oauth2 and openIdConnect"
)


class Security(NamedTuple):
    """Location, name and scheme of the header, query parameter or cookie that carries the key."""

    place: str
    name: str
    scheme: str = ""

    def code(self) -> str:
        """Return code for the `Security` of the package."""
        arguments = ", ".join(f'"{in_double_quote_literal(argument)}"' for argument in self if argument)
        return f"Security({arguments})"


class SecuritySchemes:
    """The security schemes of a document, by name.

    Args:
        document: The name of the document, for errors.
        definitions: The document's `components.securitySchemes`, with `$ref` resolved.
    """

    def __init__(self, document: str, definitions: Mapping[str, Any]) -> None:
        self._document = document
        self._definitions = definitions
        self._schemes = {name: _security(definition) for name, definition in definitions.items()}

    def select(self, requirements: Sequence[Mapping[str, Any]] | None, place: str) -> Security | None:
        """Return how an operation with these requirements sends its key, or None if it needs none.

        The first supported alternative counts, and in it the first scheme.

        Raises:
            GenerationError: A scheme is not defined, or no alternative is supported.
        """
        if not requirements or {} in requirements:
            return None
        for name in (name for requirement in requirements for name in requirement):
            if name not in self._definitions:
                raise GenerationError(
                    f"{self._document}: {place}: there is no security scheme {name!r}; "
                    "define it under components.securitySchemes"
                )
        for requirement in requirements:
            schemes = [self._schemes[name] for name in requirement]
            if first := all(schemes) and schemes[0]:
                return first
        name = next(name for name in requirements[0] if self._schemes[name] is None)
        definition = self._definitions[name]
        shown = {key: definition[key] for key in ("type", "scheme", "in", "name") if key in definition}
        raise GenerationError(
            f"{self._document}: components.securitySchemes.{name}: {shown} is not supported; {SUPPORTED}"
        )


def _security(definition: Mapping[str, Any]) -> Security | None:
    """Return how a scheme sends the key, or None if it is not supported."""
    match definition:
        case {"type": "apiKey", "in": "header" | "query" | "cookie" as place, "name": str(name)}:
            return Security(place, name)
        case {"type": "http", "scheme": str(scheme)} if scheme.lower() in ("basic", "bearer"):
            return Security("header", "Authorization", scheme.capitalize())
        case {"type": "oauth2" | "openIdConnect"}:
            return Security("header", "Authorization", "Bearer")
        case _:
            return None
