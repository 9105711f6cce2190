"""Which of a response's media types is decoded, and as what."""

from __future__ import annotations

import copy
from typing import Any

from generator.media_types import choose_media_types
from tests.generator.documents import described

JSON = {"schema": {"type": "object"}}
TEXT = {"schema": {"type": "string"}}
FILE = {"schema": {"type": "string", "format": "binary"}}


Content = dict[str, dict[str, Any]]
CHOSEN: dict[str, tuple[Content, Content]] = {
    "json-before-text": ({"text/html": TEXT, "application/json": JSON}, {"application/json": JSON}),
    "json-before-bytes": (
        {"image/png": FILE, "Application/Problem+JSON; v=1": JSON},
        {"Application/Problem+JSON; v=1": JSON},
    ),
    "text-before-bytes": ({"image/png": FILE, "text/csv; charset=utf-8": TEXT}, {"text/csv; charset=utf-8": TEXT}),
    "json-with-parameter": (
        {"image/png": FILE, "application/json ; charset=utf-8": JSON},
        {"application/json ; charset=utf-8": JSON},
    ),
    "text-before-lines-of-json": ({"application/x-ndjson": JSON, "text/plain": TEXT}, {"text/plain": TEXT}),
    "any-with-schema": ({"*/*": JSON}, {"application/json": JSON}),
    "any-of-bytes": ({"*/*": FILE}, {"*/*": FILE}),
    "any-without-schema": ({"*/*": {}}, {"*/*": FILE}),
    "several-of-bytes": ({"application/pdf": {}, "image/png": {}}, {"application/pdf": FILE}),
    "bytes-as-they-are": ({"application/octet-stream": {}}, {"application/octet-stream": {}}),
}


def test_json_goes_before_text_before_bytes() -> None:
    """In operations and in components alike."""
    responses = {name: {"description": "", "content": content} for name, (content, _) in CHOSEN.items()}
    components = copy.deepcopy(responses)
    document = described({"/a": {"get": {"responses": responses}}}, components={"responses": components})
    treated = choose_media_types(document)
    assert treated == {"*/*": "application/octet-stream", "application/pdf": "application/octet-stream"}
    chosen = {name: content for name, (_, content) in CHOSEN.items()}
    assert {name: response["content"] for name, response in responses.items()} == chosen
    assert {name: response["content"] for name, response in components.items()} == chosen


def test_response_without_body_stays_as_it_is() -> None:
    """Or one that refers to another."""
    responses: dict[str, Any] = {"204": {"description": ""}, "404": {"$ref": "#/components/responses/R"}}
    document = described({"/a": {"summary": "A.", "get": {"responses": responses}}})
    choose_media_types(document)
    assert responses == {"204": {"description": ""}, "404": {"$ref": "#/components/responses/R"}}


def test_request_body_keeps_what_can_be_sent() -> None:
    """JSON first, in operations and in components alike."""
    content = {"application/xml": JSON, "multipart/form-data": JSON, "image/*": FILE, "application/json": JSON}
    content |= {"application/octet-stream": {}, "image/png": FILE}
    body = {"content": content}
    reference = {"$ref": "#/components/requestBodies/B"}
    document = described(
        {"/a": {"post": {"requestBody": body}, "put": {"requestBody": reference}}},
        components={"requestBodies": {"B": {"content": content}}},
    )
    assert choose_media_types(document) == {"image/png": "application/octet-stream"}
    expected = {"application/json": JSON, "multipart/form-data": JSON, "application/octet-stream": FILE}
    expected |= {"image/png": FILE}
    assert list(body["content"].items()) == list(expected.items())
    assert document["components"]["requestBodies"]["B"]["content"] == expected
    assert reference == {"$ref": "#/components/requestBodies/B"}
