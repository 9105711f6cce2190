"""How the key of an operation is sent, by its security requirements."""

from __future__ import annotations

from typing import Any

import pytest

from generator.errors import GenerationError
from generator.security import Security, SecuritySchemes

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
    return SecuritySchemes("openapi.yaml", SCHEMES).select(requirements, "$.paths['/a'].get.security")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("header", Security("header", "X-Key")),
        ("query", Security("query", "key")),
        ("cookie", Security("cookie", "session")),
        ("basic", Security("header", "Authorization", "Basic")),
        ("bearer", Security("header", "Authorization", "Bearer")),
        ("oauth", Security("header", "Authorization", "Bearer")),
        ("openid", Security("header", "Authorization", "Bearer")),
    ],
)
def test_supported_scheme_says_where_key_goes(name: str, expected: Security) -> None:
    assert select({name: []}) == expected


@pytest.mark.parametrize("requirements", [(), ({},), ({}, {"tls": []}), ({"header": [], "tls": []}, {})])
def test_operation_without_supported_alternative_has_no_key(requirements: tuple[dict[str, Any], ...]) -> None:
    """It can be called without a key, too."""
    assert select(*requirements) is None


@pytest.mark.parametrize("requirements", [({"header": []}, {}), ({}, {"tls": []}, {"header": []})])
def test_optional_key_is_sent_if_there_is_one(requirements: tuple[dict[str, Any], ...]) -> None:
    assert select(*requirements) == Security("header", "X-Key", optional=True)


def test_first_supported_alternative_is_taken() -> None:
    assert select({"digest": []}, {"query": [], "tls": []}, {"basic": []}, {"bearer": []}) == Security(
        "header", "Authorization", "Basic"
    )


def test_several_schemes_at_once_are_refused() -> None:
    """A client has one key; an alternative with one scheme is taken instead."""
    assert select({"query": [], "header": []}, {"header": []}) == Security("header", "X-Key")
    with pytest.raises(GenerationError) as caught:
        select({"query": [], "header": []}, {"digest": []})
    assert str(caught.value) == (
        "openapi.yaml: $.paths['/a'].get.security: query and header at once are not supported: a client has one key; "
        "offer one of them as an alternative"
    )


@pytest.mark.parametrize("requirements", [({"other": []},), ({"header": []}, {"header": [], "other": []})])
def test_undefined_scheme_is_named_with_place(requirements: tuple[dict[str, Any], ...]) -> None:
    with pytest.raises(GenerationError) as caught:
        select(*requirements)
    assert str(caught.value) == (
        "openapi.yaml: $.paths['/a'].get.security: there is no security scheme 'other'; "
        "define it under components.securitySchemes"
    )


@pytest.mark.parametrize("name", ["digest", "tls", "nameless", "body"])
def test_unsupported_scheme_lists_supported_ones(name: str) -> None:
    with pytest.raises(GenerationError) as caught:
        select({name: []})
    assert str(caught.value) == (
        f"openapi.yaml: $.components.securitySchemes.{name}: {SCHEMES[name]} is not supported; supported are apiKey "
        "with a name in header, query or cookie, http with the scheme basic or bearer, oauth2 and openIdConnect"
    )


@pytest.mark.parametrize(
    ("security", "code"),
    [
        (Security("query", 'k"e\\y'), r'Security("query", "k\"e\\y")'),
        (Security("header", "Authorization", "Basic"), 'Security("header", "Authorization", "Basic")'),
        (Security("cookie", "k", optional=True), 'Security("cookie", "k", optional=True)'),
    ],
)
def test_code_of_security_is_escaped_python(security: Security, code: str) -> None:
    assert security.code() == code
