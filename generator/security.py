"""Security schemes: how the API key of an operation is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from generator.code import literal
from generator.errors import GenerationError
from generator.nodes import below

SCHEMES = "$.components.securitySchemes"

SUPPORTED = (
    "supported are apiKey with a name in header, query or cookie, http with the scheme basic or bearer, "
    "oauth2 and openIdConnect"
)


class Security(NamedTuple):
    """Location, name and scheme of the header, query parameter or cookie that carries the key, if there is one."""

    location: str
    name: str
    scheme: str = ""
    optional: bool = False

    def code(self) -> str:
        """Return code for the `Security` of the package."""
        arguments = [literal(text) for text in (self.location, self.name, self.scheme) if text]
        return f"Security({', '.join([*arguments, 'optional=True'] if self.optional else arguments)})"


def select(
    schemes: Mapping[str, Mapping[str, Any]], requirements: Sequence[Mapping[str, Any]] | None, place: str
) -> Security | None:
    """Return how an operation with these requirements sends its key, or None if it needs none.

    The first alternative that is one supported scheme counts.

    Args:
        schemes: The document's `components.securitySchemes`, with `$ref` resolved.
        requirements: The field `security` of the operation or of the document.
        place: The place of that field.

    Raises:
        GenerationError: A scheme is not defined, or no alternative is supported.
    """
    alternatives = [requirement for requirement in requirements or () if requirement]
    for name in (name for requirement in alternatives for name in requirement):
        if name not in schemes:
            raise GenerationError(f"{place}: there is no security scheme {name!r}; define it under {SCHEMES[2:]}")
    optional = {} in (requirements or ())
    for requirement in alternatives:
        security = _security(schemes[next(iter(requirement))])
        if security and len(requirement) == 1:
            return security._replace(optional=optional)
    if optional or not alternatives:
        return None
    first = alternatives[0]
    if len(first) > 1:
        raise GenerationError(
            f"{place}: {' and '.join(first)} at once are not supported: a client has one key; "
            "offer one of them as an alternative"
        )
    (name,) = first
    shown = {key: schemes[name][key] for key in ("type", "scheme", "in", "name") if key in schemes[name]}
    raise GenerationError(f"{below(SCHEMES, name)}: {shown} is not supported; {SUPPORTED}")


def _security(definition: Mapping[str, Any]) -> Security | None:
    """Return how a scheme sends the key, or None if it is not supported."""
    match definition:
        case {"type": "apiKey", "in": "header" | "query" | "cookie" as location, "name": str(name)}:
            return Security(location, name)
        case {"type": "http", "scheme": str(scheme)} if scheme.lower() in ("basic", "bearer"):
            return Security("header", "Authorization", scheme.capitalize())
        case {"type": "oauth2" | "openIdConnect"}:
            return Security("header", "Authorization", "Bearer")
        case _:
            return None
