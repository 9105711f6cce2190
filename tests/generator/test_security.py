"""How the key of an operation is sent, by its security requirements."""

from __future__ import annotations

from typing import Any

import pytest

from generator import security
from generator.errors import GenerationError
from generator.security import Security

SCHEMES: dict[str, dict[str, Any]] = {
    "header": {"type": "apiKey", "in": "header", "name": "X-Key"},
    "query": {"type": "apiKey", "in": "query", "name": "key"},
    "cookie": {"type": "apiKey", "in": "cookie", "name": "session"},
    "basic": {"type": "http", "scheme": "Basic"},
    "bearer": {"type": "http", "scheme": "bearer"},
    "oauth": {"type": "oauth2", "flows": {}},
    "openid": {"type": "openIdConnect", "openIdConnectUrl": "https://example.com"},
    "digest": {"type": "http", "scheme": "digest"},
    "tls": {"type": "mutualTLS"},
    "nameless": {"type": "apiKey", "in": "header"},
    "body": {"type": "apiKey", "in": "body", "name": "key"},
}


def select(*requirements: dict[str, Any]) -> Security | None:
    return security.select(SCHEMES, requirements, "$.paths['/a'].get.security")


def refusal(*requirements: dict[str, Any]) -> str:
    with pytest.raises(GenerationError) as caught:
        select(*requirements)
    return str(caught.value)


SUPPORTED = {
    "header": Security("header", "X-Key"),
    "query": Security("query", "key"),
    "cookie": Security("cookie", "session"),
    "basic": Security("header", "Authorization", "Basic"),
    "bearer": Security("header", "Authorization", "Bearer"),
    "oauth": Security("header", "Authorization", "Bearer"),
    "openid": Security("header", "Authorization", "Bearer"),
}


def test_supported_scheme_says_where_key_goes() -> None:
    """A header, a query parameter or a cookie, with the scheme before the key."""
    assert {name: select({name: []}) for name in SUPPORTED} == SUPPORTED


def test_operation_without_requirement_has_no_key() -> None:
    """Or where the only alternatives to none are not supported."""
    assert select() is select({}) is select({}, {"tls": []}) is select({"header": [], "tls": []}, {}) is None


def test_optional_key_is_sent_if_there_is_one() -> None:
    """Whatever the order of the alternatives."""
    expected = Security("header", "X-Key", optional=True)
    assert select({"header": []}, {}) == select({}, {"tls": []}, {"header": []}) == expected


def test_first_supported_alternative_is_taken() -> None:
    """Those that are not, and those of several schemes, are passed over."""
    assert select({"digest": []}, {"query": [], "tls": []}, {"basic": []}, {"bearer": []}) == SUPPORTED["basic"]


def test_several_schemes_at_once_are_refused() -> None:
    """A client has one key; an alternative with one scheme is taken instead."""
    assert select({"query": [], "header": []}, {"header": []}) == SUPPORTED["header"]
    assert refusal({"query": [], "header": []}, {"digest": []}) == (
        "$.paths['/a'].get.security: query and header at once are not supported: a client has one key; "
        "offer one of them as an alternative"
    )


def test_undefined_scheme_is_named_with_place() -> None:
    """Even if another alternative is supported."""
    assert refusal({"header": []}, {"header": [], "other": []}) == refusal({"other": []})
    assert refusal({"other": []}) == (
        "$.paths['/a'].get.security: there is no security scheme 'other'; define it under components.securitySchemes"
    )


def test_unsupported_scheme_lists_supported_ones() -> None:
    """After what the document says of it."""
    unsupported = ["digest", "tls", "nameless", "body"]
    assert [refusal({name: []}) for name in unsupported] == [
        f"$.components.securitySchemes.{name}: {SCHEMES[name]} is not supported; supported are apiKey "
        "with a name in header, query or cookie, http with the scheme basic or bearer, oauth2 and openIdConnect"
        for name in unsupported
    ]


def test_code_of_security_is_escaped_python() -> None:
    """Without what it has by default."""
    assert Security("query", 'k"e\\y').code() == r'Security("query", "k\"e\\y")'
    assert Security("header", "Authorization", "Basic").code() == 'Security("header", "Authorization", "Basic")'
    assert Security("cookie", "k", optional=True).code() == 'Security("cookie", "k", optional=True)'
