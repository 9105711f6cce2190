"""Media types: which of a response is decoded, and which of a request body can be sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from generator.nodes import mapping, operations
from generator.schemas import Schemas

JSON = "application/json"
BYTES = "application/octet-stream"
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"


def essence(media_type: str) -> str:
    """Return a media type without parameters, in lower case."""
    return media_type.partition(";")[0].strip().lower()


def is_json(media_type: str) -> bool:
    """Return whether bodies of a media type, given by its essence, are JSON."""
    return media_type == JSON or media_type.endswith("+json")


def is_text(media_type: str) -> bool:
    """Return whether bodies of a media type, given by its essence, are text."""
    return media_type.startswith("text/")


def is_binary(media_type: str) -> bool:
    """Return whether bodies of a media type, given by its essence, are surely no text."""
    return media_type == BYTES or media_type.partition("/")[0] in {"audio", "font", "image", "video"}


def is_sent(media_type: str, schema: Mapping[str, Any]) -> bool:
    """Return whether the client can send a body of a media type, given by its essence, and a schema."""
    is_file = "*" not in media_type and schema.get("format") == "binary"
    return is_file or is_json(media_type) or media_type in {MULTIPART, FORM, BYTES}


def choose_media_types(document: Mapping[str, Any]) -> dict[str, str]:
    """Keep, in place, only the media types that the client uses: one for each response, all that it can send of a body.

    openapi-python-client takes the first of a response that it knows, and knows JSON, text and bytes. Taken here is
    JSON, else text, else bytes. Of a request body, those are left that can be sent, JSON first.

    Returns:
        Media types to treat as bytes, for `content_type_overrides`: `{"image/png": "application/octet-stream"}`.
    """
    for response in _all(document, "responses"):
        if content := mapping(response.get("content")):
            response["content"] = _chosen(content)
    schemas = Schemas(document)
    for body in _all(document, "requestBodies"):
        content = mapping(body.get("content"))
        given = {name: schemas.resolved(mapping(media).get("schema")) for name, media in content.items()}
        sent = [name for name, schema in given.items() if is_sent(essence(name), schema)]
        sent.sort(key=lambda name: not is_json(essence(name)))
        body["content"] = {name: content[name] for name in sent}
        for name in sent:
            if essence(name) == BYTES and not given[name]:
                body["content"][name] = {"schema": _BINARY}
    nodes = [*_all(document, "responses"), *_all(document, "requestBodies")]
    left = {name: essence(name) for node in nodes for name in mapping(node.get("content"))}
    return {name: BYTES for name, kind in left.items() if not is_text(kind) and not is_sent(kind, {})}


def _chosen(content: Mapping[str, Any]) -> dict[str, Any]:
    for is_wanted in (is_json, is_text):
        for media_type in content:
            if is_wanted(essence(media_type)):
                return {media_type: content[media_type]}
    media_type, media = next(iter(content.items()))
    schema = mapping(mapping(media).get("schema"))
    if media_type == "*/*" and schema and schema.get("format") != "binary":
        return {JSON: media}
    return {media_type: media if essence(media_type) == BYTES else {"schema": _BINARY}}


_BINARY = {"type": "string", "format": "binary"}


def _all(document: Mapping[str, Any], kind: str) -> Iterator[dict[str, Any]]:
    """Yield all responses or requestBodies."""
    groups = [mapping(mapping(document.get("components")).get(kind))]
    for *_, operation in operations(document):
        body = operation.get("requestBody")
        groups.append(mapping(operation.get(kind)) if kind == "responses" else {"": body})
    yield from (node for group in groups for node in group.values() if isinstance(node, dict) and "$ref" not in node)
