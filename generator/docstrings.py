"""Texts of the document, prepared for docstrings."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from typing import Any

from openapi_python_client.strings import safe_for_docstring

from generator.nodes import mapping, walk


def docstring(value: Any, width: int = 110) -> str:
    """Return an escaped and wrapped text that can end a docstring."""
    text = wrapped(plain(value), width)
    return text + " " if text.endswith('"') else text


def plain(value: Any) -> str:
    """Return a text escaped for a docstring, without surrounding white space."""
    return safe_for_docstring(value).strip()


def describe_limits(document: Mapping[str, Any]) -> None:
    """Add to the descriptions in a document, in place, the limits of schemas, and what is deprecated."""
    for node in walk(document):
        if (sentence := limits(node)) and not str(node.get("description")).endswith(sentence):
            node["description"] = with_limits(node.get("description"), node)


def with_limits(description: str | None, schema: Any) -> str:
    """Return a description with the limits of a schema at its end."""
    text, sentence = (description or "").strip(), limits(schema)
    return f"{ended(text)} {sentence}".strip() if sentence else text


def ended(text: str) -> str:
    """Return a text with a full stop, unless it ends in another mark."""
    return f"{text}." if text[-1:].isalnum() else text


def limits(schema: Any) -> str:
    """Return sentences on the limits of a schema, and on whether it is deprecated, or ""."""
    values = {name: value for name, value in mapping(schema).items() if name in LIMITS and is_number(value)}
    for bound in ("Minimum", "Maximum"):
        if mapping(schema).get(f"exclusive{bound}") is True and bound.lower() in values:  # as OpenAPI 3.0 has it
            values[f"exclusive{bound}"] = values.pop(bound.lower())
    sentence = ", ".join(LIMITS[name].format(value) for name, value in values.items())
    limited = f"{sentence[:1].upper()}{sentence[1:]}." if sentence else ""
    return f"{limited} Deprecated.".lstrip() if mapping(schema).get("deprecated") is True else limited


def is_number(value: Any) -> bool:
    """Return whether a value of a document is a number."""
    return isinstance(value, int | float) and not isinstance(value, bool)


LIMITS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "more than {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "less than {}",
    "multipleOf": "a multiple of {}",
    "minLength": "length at least {}",
    "maxLength": "length at most {}",
    "minItems": "number of items at least {}",
    "maxItems": "number of items at most {}",
}


def wrapped(text: str, width: int) -> str:
    """Return a text with its lines wrapped."""
    lines = (
        textwrap.wrap(
            line, width, expand_tabs=False, replace_whitespace=False, break_on_hyphens=False, break_long_words=False
        )
        for line in text.splitlines()
    )
    return "\n".join("\n".join(line) for line in lines)


def section(title: str, entries: Iterable[str]) -> str:
    """Return a section of a docstring, its entries indented and their further lines more so."""
    return "\n".join([f"{title}:", *("    " + entry.replace("\n", "\n        ") for entry in entries)])
