"""openapi-python-client's parser, with corrections of what it gets wrong."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from openapi_python_client import strings
from openapi_python_client.config import Config
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.errors import GeneratorError, ParseError
from openapi_python_client.parser.properties import string
from openapi_python_client.parser.properties.protocol import PropertyProtocol
from openapi_python_client.parser.properties.union import UnionProperty
from openapi_python_client.schema.parameter_location import ParameterLocation
from openapi_python_client.schema.untrusted_string import UntrustedString

from generator import discriminators
from generator.errors import GenerationError
from generator.naming import RESERVED_WORDS


def parse(document: Mapping[str, Any], settings: Config) -> GeneratorData:
    """Return what openapi-python-client makes of a document.

    Raises:
        GenerationError: It left something out.
    """
    strings.RESERVED_WORDS = RESERVED_WORDS
    with _corrections():
        data = GeneratorData.from_dict(dict(document), config=settings)
    if isinstance(data, GeneratorError):
        raise GenerationError(described([data]))
    errors = [error for tag in data.endpoint_collections_by_tag.values() for error in tag.parse_errors]
    if errors := errors + data.errors:
        raise GenerationError(described(errors))
    return data


def described(errors: Sequence[GeneratorError]) -> str:
    """Return what openapi-python-client says of its errors, and the parts of the document that they are about."""
    lines: list[str] = []
    for error in errors:
        lines += [error.header, error.detail or ""]
        if isinstance(error, ParseError) and error.data is not None:
            lines.append(error.data.model_dump_json(indent=2, exclude_unset=True, by_alias=True))
    return "\n".join(line.rstrip() for line in lines if line)


@contextmanager
def _corrections() -> Generator[None]:
    """Correct openapi-python-client 0.29.1 while it parses.

    1. Defaults and constants are escaped by `repr`; upstream escapes quotes and backslashes before that, too.
    2. Values of enums stay as they are, for templates to escape; upstream drops line breaks from them.
    3. Messages show names; upstream shows `UntrustedString object at 0x...`.
    4. A union with a discriminator is a `DiscriminatedUnion`; upstream ignores discriminators.
    5. Arrays, dates and UUIDs can be sent in headers; upstream has no template for that.
    """
    replacements: tuple[tuple[Any, str, Any], ...] = (
        (string, "remove_string_escapes", _unchanged),
        (strings, "in_double_quote_literal", _unchanged),
        (UntrustedString, "__str__", UntrustedString.get_untrusted_value),
        (UnionProperty, "build", discriminators.build),
        (PropertyProtocol, "_allowed_locations", set(ParameterLocation)),
    )
    before = [(owner, name, getattr(owner, name)) for owner, name, _ in replacements]
    for owner, name, value in replacements:
        setattr(owner, name, value)
    try:
        yield
    finally:
        for owner, name, value in before:
            setattr(owner, name, value)


def _unchanged(value: str) -> str:
    return value
