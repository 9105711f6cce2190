"""Nodes of a document: read whatever they hold, and named by their JSON path."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


def mapping(value: Any) -> Mapping[str, Any]:
    """Return an object of the document; one that is left out, or something else, is empty."""
    return value if isinstance(value, dict) else {}  # pyright: ignore[reportUnknownVariableType]


def sequence(value: Any) -> list[Any]:
    """Return an array of the document; one that is left out, or something else, is empty."""
    return value if isinstance(value, list) else []  # pyright: ignore[reportUnknownVariableType]


def below(place: str, *steps: str | int) -> str:
    """Return the JSON path of what is below a place: `$.paths['/a'].get`."""
    for step in steps:
        place += f".{step}" if str(step).isidentifier() else f"[{step!r}]"
    return place
