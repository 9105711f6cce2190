"""Which of a response's media types is decoded, and as what."""

from __future__ import annotations

from typing import Any

import pytest

from generator.media_types import choose_media_types
from tests.generator.documents import described

JSON = {"schema": {"type": "object"}}
TEXT = {"schema": {"type": "string"}}
FILE = {"schema": {"type": "string", "format": "binary"}}


@pytest.mark.parametrize(
    ("content", "chosen"),
    [
        ({"application/json": JSON}, {"application/json": JSON}),
        ({"text/html": TEXT, "application/json": JSON}, {"application/json": JSON}),
        ({"image/png": FILE, "Application/Problem+JSON; v=1": JSON}, {"Application/Problem+JSON; v=1": JSON}),
        ({"image/png": FILE, "text/csv; charset=utf-8": TEXT}, {"text/csv; charset=utf-8": TEXT}),
        ({"*/*": JSON}, {"application/json": JSON}),
        ({"*/*": FILE}, {"application/octet-stream": FILE}),
        ({"*/*": {}}, {"application/octet-stream": FILE}),
        ({"image/*": FILE}, {"application/octet-stream": FILE}),
        ({"application/pdf": {}, "image/png": {}}, {"application/octet-stream": FILE}),
        ({"application/octet-stream": {}}, {"application/octet-stream": {}}),
    ],
)
def test_json_goes_before_text_before_bytes(content: dict[str, Any], chosen: dict[str, Any]) -> None:
    """In operations and in components alike."""
    responses = {"200": {"description": "", "content": content}}
    component = {"description": "", "content": content}
    document = described({"/a": {"get": {"responses": responses}}}, components={"responses": {"R": component}})
    choose_media_types(document)
    assert responses["200"]["content"] == component["content"] == chosen


def test_responses_without_a_body_stay_as_they_are() -> None:
    responses: dict[str, Any] = {"204": {"description": ""}, "404": {"$ref": "#/components/responses/R"}}
    document = described({"/a": {"summary": "A.", "get": {"responses": responses}}})
    choose_media_types(document)
    assert responses == {"204": {"description": ""}, "404": {"$ref": "#/components/responses/R"}}


def test_request_bodies_keep_what_can_be_sent_json_first() -> None:
    content = {"application/xml": JSON, "multipart/form-data": JSON, "application/json": JSON}
    body = {"content": content}
    reference = {"$ref": "#/components/requestBodies/B"}
    document = described(
        {"/a": {"post": {"requestBody": body}, "put": {"requestBody": reference}}},
        components={"requestBodies": {"B": {"content": content}}},
    )
    choose_media_types(document)
    expected = {"application/json": JSON, "multipart/form-data": JSON}
    assert list(body["content"].items()) == list(expected.items())
    assert document["components"]["requestBodies"]["B"]["content"] == expected
    assert reference == {"$ref": "#/components/requestBodies/B"}
