"""Whatever the API description allows is understood, and whatever it does not is refused where it is wrong."""

from __future__ import annotations

import copy
import datetime
import json
from collections.abc import Iterator
from functools import reduce
from operator import getitem
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openapi_schema_validator import OAS31Validator, oas31_format_checker
from stablecog_client import APIResponseValidationError, CreditsResponse, TCredit
from stablecog_client._runtime.codec import describe

from tests.support.api_description import API_DESCRIPTION, DOCUMENTED, NOTHING, Steps, follow, json_path, replaced

SCHEMA: dict[str, Any] = {"$ref": "#/components/schemas/CreditsResponse", "components": API_DESCRIPTION["components"]}
VALIDATOR = OAS31Validator(SCHEMA, format_checker=oas31_format_checker)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(), values, max_size=3),
    max_leaves=5,
)
UTC_TIMES = st.datetimes().map(
    lambda time: f"{time.replace(microsecond=0).isoformat()}.{time.microsecond:06}".rstrip("0").rstrip(".") + "Z"
)
OF_TYPE: dict[str, st.SearchStrategy[Any]] = {
    "null": st.none(),
    "boolean": st.booleans(),
    "integer": st.integers(-(2**31), 2**31 - 1),
    "number": st.floats(allow_nan=False, allow_infinity=False).filter(lambda number: not number.is_integer()),
    "string": st.text(),
    "array": st.lists(JSON, max_size=3),
    "object": st.dictionaries(st.text(), JSON, max_size=3),
    "nothing": st.just(NOTHING),
}


def conforming(schema: Any) -> st.SearchStrategy[Any]:
    """JSON that a schema allows. Of the keywords, it knows those that the API description uses."""
    match follow(schema):
        case {"type": "object", "properties": properties, **rest}:
            fields = {name: conforming(field) for name, field in properties.items()}
            required = rest.get("required", [])
            optional = {name: fields.pop(name) for name in properties if name not in required}
            return st.fixed_dictionaries(fields, optional=optional)
        case {"type": "array", "items": items}:
            return st.lists(conforming(items), max_size=4)
        case {"type": "string", "format": "date-time"}:
            return UTC_TIMES
        case {"type": "string" | "integer" as kind, **rest} if rest.keys() <= {"description", "format"}:
            return OF_TYPE[kind]
        case other:
            raise NotImplementedError(f"no strategy for {other}")


class Place(NamedTuple):
    """A value in a body: where it is, and what the API description says of it."""

    steps: Steps
    schema: dict[str, Any]
    required: bool


def places(value: Any, schema: Any, steps: Steps = (), required: bool = False) -> Iterator[Place]:
    """Every place in a body that the API description speaks of, the body itself first."""
    schema = follow(schema)
    yield Place(steps, schema, required)
    for name, field in schema.get("properties", {}).items():
        if name in value:
            yield from places(value[name], field, (*steps, name), name in schema.get("required", []))
    if "items" in schema:
        for number, item in enumerate(value):
            yield from places(item, schema["items"], (*steps, number))


BODIES = conforming(SCHEMA)


@st.composite
def with_added_fields(draw: st.DrawFn) -> Any:
    body = draw(BODIES)
    for place in [place for place in places(body, SCHEMA) if place.schema["type"] == "object"]:
        added = draw(st.dictionaries(st.text(), JSON, max_size=2))
        named = place.schema["properties"]
        reduce(getitem, place.steps, body).update({name: value for name, value in added.items() if name not in named})
    return body


def wrong_kinds(place: Place) -> list[str]:
    """What may stand at a place to make it wrong."""
    right = place.schema["type"]
    return [kind for kind in OF_TYPE if kind != right and (place.required or kind != "nothing")]


@st.composite
def with_one_thing_wrong(draw: st.DrawFn) -> tuple[Any, str]:
    body = draw(BODIES)
    place = draw(st.sampled_from(list(places(body, SCHEMA))))
    value = draw(OF_TYPE[draw(st.sampled_from(wrong_kinds(place)))])
    return replaced(body, place.steps, value), json_path(place.steps)


@given(BODIES)
def test_allowed_body_survives_the_round_trip(body: Any) -> None:
    """What the API description allows is decoded, and encoded back to the same."""
    VALIDATOR.validate(body)
    assert_same(CreditsResponse.from_dict(body).to_dict(), body)


@given(with_added_fields())
def test_added_fields_survive_the_round_trip(body: Any) -> None:
    """At every depth."""
    before = copy.deepcopy(body)
    result = CreditsResponse.from_dict(body)
    assert_same(result.to_dict(), before)
    assert_same(body, before)
    assert result.additional_properties.keys() == body.keys() - {"total_remaining_credits", "credits"}


def assert_same(left: Any, right: Any) -> None:
    """Equal as JSON, where 1, 1.0 and true differ."""
    assert json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True)


def assert_refused(body: Any, path: str) -> APIResponseValidationError:
    assert not VALIDATOR.is_valid(body)
    with pytest.raises(APIResponseValidationError) as caught:
        CreditsResponse.from_dict(body)
    assert caught.value.path == path
    missing = caught.value.got == "nothing"
    assert str(caught.value).startswith(f"{path}: {'required field is missing' if missing else 'expected '}")
    return caught.value


@given(with_one_thing_wrong())
def test_one_wrong_value_is_refused_with_its_path(case: tuple[Any, str]) -> None:
    """Wherever it is."""
    assert_refused(*case)


SAMPLES: dict[str, Any] = {
    "nothing": NOTHING,
    "null": None,
    "boolean": True,
    "integer": 0,
    "number": 0.5,
    "string": "",
    "array": [],
    "object": {},
}
ONE_CREDIT: dict[str, Any] = {**DOCUMENTED, "credits": DOCUMENTED["credits"][:1]}


def test_wrong_value_is_refused_at_each_place() -> None:
    """Each kind of JSON that the API description does not allow there, in the words of JSON."""
    got: dict[tuple[str, str], str] = {}
    expected: dict[tuple[str, str], str] = {}
    for place in places(ONE_CREDIT, SCHEMA):
        path = json_path(place.steps)
        for kind in wrong_kinds(place):
            got[path, kind] = assert_refused(replaced(ONE_CREDIT, place.steps, SAMPLES[kind]), path).got
            expected[path, kind] = "nothing" if kind == "nothing" else describe(SAMPLES[kind])
    assert got == expected


# Times

TYPE = {"id": "t", "name": "n", "amount": 1, "description": "d"}
NOON = datetime.datetime(2026, 11, 23, 12, 0, 0, tzinfo=datetime.UTC)


def credit_until(expires_at: Any) -> TCredit:
    return TCredit.from_dict({"id": "c", "remaining_amount": 1, "expires_at": expires_at, "type": TYPE})


NEW_YEAR = datetime.datetime(2017, 1, 1, tzinfo=datetime.UTC)

TIMES = {
    "2026-11-23T12:00:00Z": NOON,
    "2026-11-23t12:00:00z": NOON,
    "2026-11-23 12:00:00Z": NOON,
    "2026-11-23T12:00:00-00:00": NOON,
    "2026-11-23T13:30:00+01:30": NOON,
    "2026-11-22T12:01:00-23:59": NOON,
    "2026-11-23T12:00:00.1Z": NOON.replace(microsecond=100_000),
    "2026-11-23T12:00:00.0123Z": NOON.replace(microsecond=12_300),
    "2026-11-23T12:00:00.000001Z": NOON.replace(microsecond=1),
    "2026-11-23T12:00:00.123456789Z": NOON.replace(microsecond=123_456),
    "2026-11-23T12:00:00.5z": NOON.replace(microsecond=500_000),
    "2026-11-23T12:00:00.123456789+00:00": NOON.replace(microsecond=123_456),
    "2026-11-23T12:00:00.999999999999Z": NOON.replace(microsecond=999_999),
    "2016-12-31T23:59:60Z": NEW_YEAR,
    "2016-12-31T23:59:60.75Z": NEW_YEAR,
    "2016-12-31T15:59:60-08:00": NEW_YEAR,
    "2024-02-29T00:00:00Z": datetime.datetime(2024, 2, 29, tzinfo=datetime.UTC),
    "0001-01-01T00:00:00Z": datetime.datetime(1, 1, 1, tzinfo=datetime.UTC),
    "9999-12-31T23:59:59Z": datetime.datetime(9999, 12, 31, 23, 59, 59, tzinfo=datetime.UTC),
}


def test_each_form_of_rfc_3339_is_read() -> None:
    """To the microsecond."""
    read = {text: credit_until(text).expires_at for text in TIMES}
    assert read == TIMES
    assert all(time.tzinfo is not None for time in read.values())


@given(st.datetimes(timezones=st.integers(-1439, 1439).map(lambda m: datetime.timezone(datetime.timedelta(minutes=m)))))
def test_time_with_an_offset_keeps_it(time: datetime.datetime) -> None:
    """And writes it back."""
    credit = credit_until(time.isoformat())
    assert credit.expires_at == time
    assert credit.expires_at.utcoffset() == time.utcoffset()
    assert credit.to_dict()["expires_at"] == time.isoformat()


NO_TIMES = [
    *("", "never", "1795422517", "2026-11-23", "12:00:00Z"),
    # other forms of ISO 8601
    *("2026-11-23T12:00:00", "2026-11-23T12:00Z", "2026-11-23T12Z", "20261123T120000Z", "2026-11-23_12:00:00Z"),
    *("2026-W48-1T12:00:00Z", "2026-327T12:00:00Z", "12026-11-23T12:00:00Z", "-026-11-23T12:00:00Z"),
    # fractions
    *("2026-11-23T12:00:00,5Z", "2026-11-23T12:00:00.Z", "2026-11-23T12:00:00. 5Z", "2026-11-23T12:00:00.+01:00"),
    *("2026-11-23T12:00:00.123456xyzZ", "2026-11-23T12:00:00.123456-01:00Z"),
    # offsets
    *("2026-11-23T12:00:00+0200", "2026-11-23T12:00:00+02", "2026-11-23T12:00:00+24:00", "2026-11-23T12:00:00+02:60"),
    *("2026-11-23T12:00:00+02:00:30", "2026-11-23T12:00:00\u221201:00"),
    # out of range
    *("2026-11-23T24:00:00Z", "2026-11-23T25:00:00Z", "2026-11-23T12:60:00Z", "2026-11-23T12:00:61Z"),
    *("2026-13-01T12:00:00Z", "2026-00-01T12:00:00Z", "2026-02-29T12:00:00Z", "2026-11-31T12:00:00Z"),
    "0000-01-01T00:00:00Z",
    # no leap second is within a day in UTC, or after the last of all
    *("2016-12-31T22:59:60Z", "2016-12-31T23:58:60Z", "2016-12-31T23:59:60+01:00", "9999-12-31T23:59:60Z"),
    # white space and what is no digit of ASCII
    *("2026-11-23T12:00:00 Z", "2026-11-23T12:00:00Z ", "2026-11-23T12:00:00Z\n", " 2026-11-23T12:00:00Z"),
    *(
        "2026-11-23T12:00:00ZZ",
        "2026-11-23T12:Z\0:00Z",
        "\u0662\u0660\u0662\u0666-11-23T12:00:00Z",
        "2026-11-23T12:00:00.\u0665Z",
    ),
]


def test_other_form_of_time_is_refused() -> None:
    """The error quotes it."""
    said: dict[str, str] = {}
    for text in NO_TIMES:
        try:
            said[text] = str(credit_until(text))
        except APIResponseValidationError as error:
            said[text] = str(error)
    what = "$.expires_at: expected a date-time of RFC 3339, such as 2026-11-23T08:28:36Z, got "
    assert said == {text: what + json.dumps(text) for text in NO_TIMES}
