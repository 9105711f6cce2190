"""Texts of the document, prepared for docstrings."""

from __future__ import annotations

import textwrap
from typing import Any

from openapi_python_client.strings import safe_for_docstring


def docstring(value: Any, width: int = 110) -> str:
    """Return an escaped and wrapped text that can end a docstring."""
    text = wrapped(plain(value), width)
    return text + " " if text.endswith('"') else text


def plain(value: Any) -> str:
    """Return a text escaped for a docstring, without surrounding white space."""
    return safe_for_docstring(value).strip()


def wrapped(text: str, width: int) -> str:
    """Return a text with its lines wrapped."""
    lines = (textwrap.wrap(line, width, expand_tabs=False, replace_whitespace=False) for line in text.splitlines())
    return "\n".join("\n".join(line) for line in lines)
