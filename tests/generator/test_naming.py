"""Names: of methods, of the client's attributes, of errors."""

from __future__ import annotations

import pytest
from openapi_python_client import strings
from openapi_python_client.strings import PythonIdentifier
from stablecog_client import Client

from generator.naming import RESERVED_WORDS, attribute_name, error_name, method_names

METHODS: dict[str, tuple[list[str], list[str]]] = {
    "shortened": (["list_credits", "get_credit", "credits_history"], ["list", "get_credit", "history"]),
    "word-of-python": (["import_credits", "credits"], ["import_credits", "credits"]),
    "name-of-another": (
        ["list_credits", "list", "list_credits_credits"],
        ["list_credits", "list", "list_credits_credits"],
    ),
    "twice": (["mend_credits", "credits_mend"], ["mend_credits", "credits_mend"]),
    "no-identifier": (["credits_2", "self_credits"], ["credits_2", "self_credits"]),
}


def test_tag_is_dropped_from_method_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless what is left is no name, or that of another."""
    monkeypatch.setattr(strings, "RESERVED_WORDS", RESERVED_WORDS)
    found = {name: method_names("credits", operations, "field_") for name, (operations, _) in METHODS.items()}
    assert found == {name: methods for name, (_, methods) in METHODS.items()}


def test_tag_named_as_client_member_is_renamed() -> None:
    """Others keep their name."""
    assert attribute_name("close", {"close", "send"}) == "close_"
    assert attribute_name("credits", {"close", "send"}) == "credits"


def test_members_of_clients_are_those_of_their_classes() -> None:
    """Tags are compared with these alone: what is set on self is private, and no tag begins with an underscore."""
    with Client("sc-test") as client:
        assert all(name.startswith("_") for name in vars(client))
    assert PythonIdentifier("_config", "tag") == "tagconfig"


def test_error_of_a_status_is_that_of_the_runtime() -> None:
    """The class for the status, or for all of its kind."""
    statuses = ("401", "403", "404", "429", "500", "503", "5XX", "400", "4XX", "default")
    assert [error_name(status) for status in statuses] == [
        *("AuthenticationError", "PermissionDeniedError", "NotFoundError", "RateLimitError"),
        *("InternalServerError", "InternalServerError", "InternalServerError"),
        *("APIStatusError", "APIStatusError", "APIStatusError"),
    ]
