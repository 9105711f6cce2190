"""The contract says what the recordings show, all of it and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from unittest.mock import patch

import pytest
from openapi_core import OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest, MockResponse

from tests.support.api_description import (
    API_DESCRIPTION,
    CREDITS,
    INDEX,
    RECORDED,
    SUCCESSES,
    Recording,
    follow,
    operations,
)

validator = OpenAPI.from_dict(API_DESCRIPTION)


def validate(recording: Recording) -> None:
    """Raise OpenAPIError unless the recording is a response that the API description describes."""
    operation = recording.operation
    validator.validate_response(
        MockRequest(API_DESCRIPTION["servers"][0]["url"], operation.method, operation.path),
        MockResponse(
            recording.content,
            recording.status,
            dict(recording.headers),
            content_type=recording.header("content-type") or "",
        ),
    )


def fail_for(places: Iterable[str], advice: str) -> None:
    """Fail if there are any, with all of them below what to do."""
    if found := sorted(set(places)):
        pytest.fail("\n  ".join([advice, *found]))


@pytest.mark.parametrize("recording", RECORDED, ids=str)
def test_recording_matches_the_description(recording: Recording) -> None:
    """Every recorded response is one that the API description allows."""
    validate(recording)


def test_known_header_is_always_documented() -> None:
    """A header that the API description knows is documented for each response that has it."""
    undocumented: list[str] = []
    for recording in RECORDED:
        documented = follow(recording.operation.says["responses"][str(recording.status)]).get("headers", {})
        shown = [name for name in API_DESCRIPTION["components"]["headers"] if recording.header(name) is not None]
        undocumented += [f"{recording}: {name}" for name in shown if name not in documented]
    fail_for(undocumented, "Name the header in openapi.yaml, among those of this status:")


DAMAGE = {
    "status": (b"200 OK", b"299 OK"),
    "content type": (b"application/json", b"text/html"),
    "missing header": (rb"X-Ratelimit-Remaining: \d+\r\n", b""),
    "header": (rb"(X-Ratelimit-Remaining): \d+", rb"\1: many"),
    "missing field": (b'"total_remaining_credits"', b'"total_remaining_credit_"'),
    "type of a field": (rb'"amount":(\d+)', rb'"amount":"\1"'),
    "date": (rb'("expires_at":"\d{4})-\d\d', rb"\1-13"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damaged_recording_is_refused(name: str) -> None:
    """A recording that was changed no longer matches the API description."""
    whole = next(each for each in SUCCESSES if b"expires_at" in each.raw and b"Content-Length" in each.raw)
    damaged = re.sub(rb"Content-Length: \d+\r\n", b"", re.sub(*DAMAGE[name], whole.raw))
    with pytest.raises(OpenAPIError):
        validate(Recording("damaged", damaged, whole.request))


def test_request_tells_the_operation() -> None:
    """By its path, which may have parameters. One that the API description does not have is an error."""
    with_query = {"method": "GET", "path": "/v1/credits/?a=b"}
    assert Recording("any", b"HTTP/1.1 200 OK\r\n\r\n", with_query).operation == CREDITS
    with_parameter: dict[str, Any] = {**API_DESCRIPTION["paths"], "/v1/images/{id}": {"delete": {}}}
    deletion = Recording("any", b"HTTP/1.1 204 No Content\r\n\r\n", {"method": "DELETE", "path": "/v1/images/a"})
    with patch.dict(API_DESCRIPTION, paths=with_parameter):
        assert deletion.operation[:2] == ("delete", "/v1/images/{id}")
    with pytest.raises(LookupError, match=r"any: index\.json says DELETE /v1/images/a, openapi\.yaml does not"):
        _ = deletion.operation


def test_index_lists_the_recordings() -> None:
    """With their status: all that there are, and no others."""
    index = {each["file"]: each["status"] for each in INDEX["exchanges"]}
    assert index == {recording.name: recording.status for recording in RECORDED}
    assert len(index) == len(INDEX["exchanges"])


def unrecorded() -> Iterator[str]:
    """What the API description documents, no recording shows, and no `x-unrecorded` owns up to."""
    for operation in operations():
        of_operation = [recording for recording in RECORDED if recording.operation == operation]
        for status, response in operation.says["responses"].items():
            place = f"{operation.method} {operation.path} {status}"
            asked = of_operation
            if "$ref" in response:  # it needs to be recorded for one of the operations that share it
                asked = [each for each in RECORDED if each.operation.says["responses"].get(status) == response]
            answers = [each for each in asked if pattern(status).fullmatch(str(each.status))]
            yield from unshown(place, response, answers)
            for name, header in follow(response).get("headers", {}).items():
                yield from unshown(f"{place} {name}", header, [each for each in answers if each.header(name)])
            for media_type, body in follow(response).get("content", {}).items():
                bodies = [each.value for each in answers if each.media_type == media_type]
                yield from unshown(f"{place} {media_type}", response, bodies)
                if bodies:  # what is never shown need not explain what is in it
                    yield from unshown_fields(f"{place} {media_type} $", body.get("schema", {}), bodies)


def unshown_fields(place: str, schema: Any, values: Sequence[Any]) -> Iterator[str]:
    schema = follow(schema)
    if "items" in schema:
        yield from unshown_fields(f"{place}[]", schema["items"], [item for value in values for item in value])
    for name, field in schema.get("properties", {}).items():
        shown = [value[name] for value in values if name in value]
        yield from unshown(f"{place}.{name}", field, shown)
        if shown:
            yield from unshown_fields(f"{place}.{name}", field, shown)


def unshown(place: str, node: Any, shown: Sequence[Any]) -> Iterator[str]:
    if not shown and "x-unrecorded" not in node and "x-unrecorded" not in follow(node):
        yield place


def pattern(status: str) -> re.Pattern[str]:
    """What matches the statuses that `4XX` or `default` stands for."""
    return re.compile("..." if status == "default" else status.replace("X", "."))


def test_unrecorded_parts_are_marked() -> None:
    """The API description says which of its parts no recording shows."""
    advice = "Record an answer that shows it, or say why there is none: `x-unrecorded: ...` beside its description"
    fail_for(unrecorded(), f"{advice} in openapi.yaml:")


def test_unrecorded_part_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the API description has and no recording shows. A shared response need not be shown for each operation."""
    before = set(unrecorded())
    operation, status = CREDITS, "200"
    response = operation.says["responses"][status]
    monkeypatch.setitem(operation.says["responses"], "418", {"description": "A teapot."})
    monkeypatch.setitem(response["headers"], "X-Tea", {"description": "Earl Grey."})
    monkeypatch.setitem(response["content"], "text/tea", {})
    schema = follow(response["content"]["application/json"]["schema"])
    monkeypatch.setitem(schema["properties"], "tea", {"type": "string"})
    shared = {"401": {"$ref": "#/components/responses/Unauthorized"}, "402": {"description": "Too few credits."}}
    monkeypatch.setitem(API_DESCRIPTION["paths"], "/v1/other", {"post": {"responses": shared}})
    added = {"418", f"{status} X-Tea", f"{status} text/tea", f"{status} application/json $.tea"}
    assert set(unrecorded()) - before == {
        *(f"{operation.method} {operation.path} {each}" for each in added),
        "post /v1/other 402",
    }


def test_each_example_is_a_recorded_body() -> None:
    """The API description invents none."""
    for operation in operations():
        for status, response in operation.says["responses"].items():
            for media_type, body in follow(response).get("content", {}).items():
                recorded = [
                    each.value for each in RECORDED if (str(each.status), each.media_type) == (status, media_type)
                ]
                examples = [body["example"]] if "example" in body else []
                examples += [follow(example)["value"] for example in body.get("examples", {}).values()]
                invented = [example for example in examples if example not in recorded]
                assert not invented, f"take the examples of {status} {media_type} from the recordings"
