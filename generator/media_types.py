"""Media types of responses: which of several is decoded, and which are bytes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from generator.nodes import METHODS, mapping

JSON = "application/json"
BYTES = "application/octet-stream"


def essence(media_type: str) -> str:
    """Return a media type without parameters, in lower case."""
    return media_type.partition(";")[0].strip().lower()


def is_json(media_type: str) -> bool:
    """Return whether bodies of a media type, given by its essence, are JSON."""
    return media_type == JSON or media_type.endswith("+json")


def is_text(media_type: str) -> bool:
    """Return whether bodies of a media type, given by its essence, are text."""
    return media_type.startswith("text/")


def choose_media_types(document: Mapping[str, Any]) -> None:
    """Leave each response of a document, in place, with the one media type that is decoded.

    openapi-python-client takes the first that it knows, and knows JSON, text and application/octet-stream. Taken here
    is JSON, else text, else bytes, which stand for images, archives and whatever else has no schema but binary.
    """
    for response in _responses(document):
        if content := mapping(response.get("content")):
            response["content"] = _chosen(content)


def _chosen(content: Mapping[str, Any]) -> dict[str, Any]:
    for is_wanted in (is_json, is_text):
        for media_type in content:
            if is_wanted(essence(media_type)):
                return {media_type: content[media_type]}
    media_type, media = next(iter(content.items()))
    schema = mapping(mapping(media).get("schema"))
    if media_type == "*/*" and schema and schema.get("format") != "binary":
        return {JSON: media}
    return {media_type: media} if essence(media_type) == BYTES else {BYTES: {"schema": _BINARY}}


_BINARY = {"type": "string", "format": "binary"}


def _responses(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    groups = [mapping(document.get("components")).get("responses")]
    for item in mapping(document.get("paths")).values():
        groups += [mapping(mapping(item).get(method)).get("responses") for method in METHODS]
    yield from (response for group in groups for response in mapping(group).values() if isinstance(response, dict))
