"""Models, answers and errors behave as values: they are compared, copied, pickled and shown."""

from __future__ import annotations

import copy
import json
import pickle
import traceback
from collections.abc import Callable
from http import HTTPStatus
from types import MappingProxyType, ModuleType
from typing import Any

import attrs
import httpx
import pytest
import stablecog_client as package
from pydantic import TypeAdapter
from stablecog_client import (
    UNSET,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    AsyncClient,
    Client,
    CreditsResponse,
    ErrorResponse,
    Response,
    TCredit,
    TCreditType,
    Unset,
    UsageError,
)

from tests.support.api_description import DOCUMENTED, FAILURES, operations
from tests.support.faults import KEY
from tests.support.script import Reply, ScriptedClient

BODIES: dict[type[Any], dict[str, Any]] = {
    CreditsResponse: DOCUMENTED,
    TCredit: DOCUMENTED["credits"][0],
    TCreditType: DOCUMENTED["credits"][0]["type"],
    ErrorResponse: {"error": "Unauthorized"},
}


def pickled(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))  # noqa: S301


COPIES: list[Callable[[Any], Any]] = [copy.copy, copy.deepcopy, pickled]


def added(body: dict[str, Any], model: type[Any]) -> dict[str, Any]:
    """A body with a field that the API description does not list; in a map, all values are alike."""
    is_map = not body.keys() & {field.name.rstrip("_") for field in attrs.fields(model)}
    return {**body, "added": next(iter(body.values()), 1) if is_map else 1}


def test_each_model_is_tested_here() -> None:
    """Each schema of the API description has one."""
    import stablecog_client.models as models

    made = {name for name in models.__all__ if attrs.has(getattr(models, name))}  # enums are not
    assert {model.__name__ for model in BODIES} == made, "give each model a body in BODIES, above"


def test_client_shows_its_server_alone() -> None:
    """It cannot be copied or pickled."""
    for kind in Client, AsyncClient:
        client = kind("sc-test", base_url="https://a.example/path")
        assert repr(client) == f"{kind.__name__}(base_url='https://a.example/path')"
        assert repr(object.__new__(kind)) == f"{kind.__name__}()"  # as in a traceback of one that refused its options
        for copied in COPIES:
            with pytest.raises(TypeError, match=f"a {kind.__name__} cannot be pickled or copied"):
                copied(client)


def test_fields_are_given_by_name_alone() -> None:
    """A new field, or another order, breaks no caller."""
    for model, body in BODIES.items():
        with pytest.raises(TypeError, match="positional argument"):
            model(*body.values())


def test_model_cannot_be_changed() -> None:
    """No attribute can be set or added."""
    for model, body in BODIES.items():
        value = model.from_dict(body)
        for field in attrs.fields(model):
            with pytest.raises(attrs.exceptions.FrozenInstanceError):
                setattr(value, field.name, None)
        with pytest.raises(AttributeError):
            value.added = 1


def test_models_of_the_same_json_are_equal() -> None:
    """And of no other JSON."""
    for model, body in BODIES.items():
        value = model.from_dict(body)
        assert value == model.from_dict(body)
        assert value != model.from_dict(added(body, model))
        other = object()
        for name in attrs.asdict(value, recurse=False):
            assert value != attrs.evolve(value, **{name: other})
        assert value != body


def test_model_can_be_copied_whole() -> None:
    """And pickled."""
    for model, body in BODIES.items():
        value = model.from_dict(added(body, model))
        for copied in COPIES:
            assert copied(value) == value
            assert copied(value).to_dict() == value.to_dict()


def test_model_shows_its_fields() -> None:
    """Those that were added as well."""
    for model, body in BODIES.items():
        text = repr(model.from_dict(added(body, model)))
        assert text.startswith(f"{model.__name__}(")
        assert all(f"{field.name}=" in text for field in attrs.fields(model))
        assert "'added': " in text


def test_model_is_hashed_by_its_fields() -> None:
    """Equal ones have equal hashes."""
    for model in TCredit, TCreditType, ErrorResponse:
        body = BODIES[model]
        assert len({model.from_dict(body), model.from_dict(body), model.from_dict({**body, "added": []})}) == 2, model


def test_traceback_of_refused_model_can_be_shown() -> None:
    """With its variables, of which one is half a model."""
    for model, body in BODIES.items():
        has_required = any(field.default is attrs.NOTHING for field in attrs.fields(model))
        for refused in [dict.fromkeys(body, object()), *([{}] if has_required else [])]:
            with pytest.raises(APIResponseValidationError) as caught:
                model.from_dict(refused)
            shown = traceback.TracebackException.from_exception(caught.value, capture_locals=True).format()
            assert str(caught.value) in "".join(shown)


def test_model_with_array_cannot_be_hashed() -> None:
    """As a list cannot."""
    with pytest.raises(TypeError, match="unhashable"):
        hash(CreditsResponse.from_dict(DOCUMENTED))


def test_model_is_made_of_any_mapping() -> None:
    """And leaves it alone."""
    for model, body in BODIES.items():
        mapping = added(body, model)
        value = model.from_dict(MappingProxyType(mapping))
        assert value == model.from_dict(mapping)
        before = mapping["added"]
        value.to_dict()["added"] = 2
        assert mapping["added"] == before


def test_model_can_be_given_further_fields() -> None:
    """Though it came without."""
    for model, body in BODIES.items():
        value, other = model.from_dict(body), model.from_dict(body)
        kept = {**other.additional_properties}
        value.additional_properties["added"] = 1
        assert vars(value)["additional_properties"] == {**kept, "added": 1}
        assert value.to_dict() == {**body, "added": 1}
        assert value != other
        assert other.additional_properties == kept


def test_model_refuses_what_is_no_mapping() -> None:
    """In the words of JSON."""
    values: list[Any] = [None, [], "{}", 1, True, b"{}"]
    for model in BODIES:
        for value, got in zip(values, ["null", "an array", '"{}"', "1", "true", "bytes"], strict=True):
            with pytest.raises(APIResponseValidationError) as caught:
                model.from_dict(value)
            assert str(caught.value) == f"$: expected an object, got {got}"


def test_missing_optional_field_is_unset() -> None:
    """It is not written back."""
    bare = ErrorResponse.from_dict({"error": "x"})
    assert bare.description is UNSET
    assert bare.to_dict() == {"error": "x"}
    assert ErrorResponse.from_dict({"error": "x", "description": "y"}).to_dict() == {"error": "x", "description": "y"}


def test_wrong_error_body_is_refused_by_path() -> None:
    """Where it is wrong; null is not the same as nothing."""
    wrong: list[tuple[str, Any, str]] = [
        ("error", [], "an array"),
        ("description", 1, "1"),
        ("description", None, "null"),
    ]
    for path, value, got in wrong:
        with pytest.raises(APIResponseValidationError) as caught:
            ErrorResponse.from_dict({"error": "x", path: value})
        assert str(caught.value) == f"$.{path}: expected a string, got {got}"


def test_error_body_needs_its_error() -> None:
    """The field is required; the traceback does not begin with a KeyError."""
    with pytest.raises(APIResponseValidationError) as caught:
        ErrorResponse.from_dict({"description": "y"})
    assert str(caught.value) == "$.error: required field is missing"
    assert "KeyError" not in "".join(traceback.format_exception(caught.value))


def test_there_is_a_single_unset() -> None:
    """Copies and pickles are the same object."""
    assert isinstance(UNSET, Unset)
    assert (bool(UNSET), repr(UNSET), str(UNSET), f"{UNSET}") == (False, "UNSET", "UNSET", "UNSET")
    for copied in COPIES:
        assert copied(UNSET) is UNSET
        assert copied(ErrorResponse.from_dict({"error": "x"})).description is UNSET


def test_response_can_be_copied() -> None:
    """And pickled."""
    response = Response(HTTPStatus.OK, httpx.Headers({"X-A": "1"}), b"{}", CreditsResponse.from_dict(DOCUMENTED))
    for copied in COPIES:
        assert copied(response) == response


# Errors


def subclasses(kind: type[APIError]) -> list[type[APIError]]:
    return [kind, *(each for child in kind.__subclasses__() for each in subclasses(child))]


def test_error_of_each_kind_can_be_copied() -> None:
    """Copies and pickles have all its attributes."""
    for kind in subclasses(APIError):
        attributes: dict[str, Any] = {"method": "GET", "url": "https://a/b", "attempts": 2}
        if issubclass(kind, APIStatusError):
            attributes |= {"status_code": 418, "retry_after": 1.5, "headers": httpx.Headers({"X-A": "1"}), "text": "x"}
        check_copies(kind("a teapot", **attributes))


def check_copies(error: APIError) -> None:
    for copied in COPIES:
        other = copied(error)
        assert type(other) is type(error)
        assert vars(other) == vars(error)
        assert (str(other), repr(other), other.args) == (str(error), repr(error), error.args)


def test_raised_error_can_be_copied(script: Callable[..., ScriptedClient]) -> None:
    """With the response that it is about."""
    for recording in FAILURES:
        reply = Reply(recording.status, recording.content, "", tuple(recording.headers))
        with pytest.raises(APIStatusError) as caught:
            script(reply, max_retries=0).list()
        assert caught.value.text == recording.text
        check_copies(caught.value)


def test_copied_validation_error_keeps_its_path() -> None:
    """And its words."""
    with pytest.raises(APIResponseValidationError) as caught:
        CreditsResponse.from_dict({**DOCUMENTED, "credits": [{**DOCUMENTED["credits"][0], "remaining_amount": "many"}]})
    assert str(caught.value) == '$.credits[0].remaining_amount: expected an integer, got "many"'
    check_copies(caught.value)


def test_path_quotes_names_that_need_it() -> None:
    """As JSON paths do."""
    error = APIResponseValidationError(expected="a string", got="null").inside("a b").inside(3).inside("c")
    assert error.path == "$.c[3]['a b']"
    assert error.args == ("$.c[3]['a b']: expected a string, got null",)


def test_error_can_be_made_of_nothing() -> None:
    """As a test of the caller's may do."""
    assert {str(kind()) for kind in subclasses(APIError)} == {"", "$: expected , got "}
    error = APIError()
    assert (error.method, error.url, error.attempts, error.message) == (None, None, 0, "")
    status = package.RateLimitError()
    assert (status.status_code, status.headers, status.text, status.body) == (429, {}, "", None)
    assert (status.retry_after, status.attempts, package.RateLimitError(status_code=430).status_code) == (None, 0, 430)
    assert package.RateLimitError(headers={"a": "b"}).headers == {"a": "b"}
    invalid = APIResponseValidationError()
    assert (invalid.method, invalid.url, invalid.attempts, invalid.status_code) == (None, None, 0, 0)
    assert (invalid.expected, invalid.got, invalid.path, invalid.headers, invalid.text) == ("", "", "$", {}, "")
    inside = APIResponseValidationError(method="GET", url="/", attempts=2, problem="oops").inside("a")
    assert str(inside) == "GET /: $.a: oops (tried 2 times)"
    assert invalid.advice == "the response does not match the API description: upgrade this package, or report it"


def test_error_says_how_often_it_was_tried() -> None:
    """If more than once."""
    for kind in subclasses(APIError):
        never, once, twice = (str(kind("oops", method="GET", url="/", attempts=attempts)) for attempts in (0, 1, 2))
        assert never == once
        assert once.startswith("GET /: ")
        assert twice == f"{once} (tried 2 times)"


def test_an_error_about_a_value_is_a_value_error() -> None:
    """It is no other error of Python's."""
    assert APIResponseValidationError.__bases__ == UsageError.__bases__ == (APIError, ValueError)


# The package


def test_all_is_what_is_public() -> None:
    """Nothing else is offered."""
    there = {name for name, value in vars(package).items() if name[0] != "_" and not isinstance(value, ModuleType)}
    assert there <= set(package.__all__)
    assert all(hasattr(package, name) for name in package.__all__)
    with pytest.raises(AttributeError, match="'stablecog_client' has no attribute 'client_of_no_kind'"):
        _ = package.client_of_no_kind
    import stablecog_client.api as api

    assert all(hasattr(api, name) for name in api.__all__)
    assert not hasattr(api, "tag_of_no_kind")


def test_errors_are_the_documented_tree() -> None:
    """The one at the head of their module."""
    import stablecog_client.errors as errors

    assert {kind.__name__ for kind in subclasses(APIError)} == set(errors.__all__)
    assert all(kind.__name__ in (errors.__doc__ or "") for kind in subclasses(APIError))
    assert set(errors.__all__) <= set(package.__all__)


def test_completion_offers_what_is_public() -> None:
    """Of the package and of a client."""
    assert set(package.__all__) <= set(dir(package))
    with package.Client(KEY) as client:
        shown = {name for name in dir(client) if not name.startswith("_")}
    tags = {operation.says["tags"][0] for operation in operations()}
    assert shown == {"base_url", "close", "is_closed", "with_options"} | tags


def test_a_custom_message_is_kept() -> None:
    """The path of the error still grows."""
    error = APIResponseValidationError("custom").inside("x")
    assert (str(error), error.path) == ("custom", "$.x")


def test_pydantic_knows_each_model() -> None:
    """It takes an instance or a JSON object, and gives the object back."""
    for model, body in BODIES.items():
        adapter = TypeAdapter[Any](model)
        instance = model.from_dict(body)
        assert adapter.validate_python(instance) is instance
        assert adapter.validate_python(body) == instance
        assert adapter.dump_python(instance) == body
        assert json.loads(adapter.dump_json(instance)) == body
        for mode in "validation", "serialization":
            schema = adapter.json_schema(mode=mode)  # pyright: ignore[reportArgumentType]
            assert schema == {"type": "object", "additionalProperties": True}
