"""Options that are not what they should be are refused where they are given, by a message that says why."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from stablecog_client import AsyncClient, Client, UsageError
from stablecog_client._runtime.config import APIConfig, ClientConfig

from tests.support.drivers import refusal
from tests.support.faults import KEY


@pytest.mark.parametrize(
    "url",
    [
        *(httpx.URL("ftp://h"), 5, b"https://h", "", " ", "/v1", "api.example.com", "https://"),
        *("ftp://api.example.com", "https://xn--a.example", "https://\u2603\ufe0f.example", "https://h:65536"),
        "https://h:-1",
        "https://api .com",
    ],
)
def test_base_url_that_is_no_server_is_refused(url: Any) -> None:
    """No exception behind the error quotes it, or holds the key."""
    with pytest.raises(UsageError, match=r"^base_url: expected scheme, host and path") as refused:
        Client(KEY, base_url=url)
    assert refused.value.__context__ is None
    Client(KEY, base_url="https://h:65535")


def test_base_url_of_environment_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the name of the variable."""
    monkeypatch.setenv("STABLECOG_BASE_URL", "api.example.com")
    with pytest.raises(UsageError, match=r"^STABLECOG_BASE_URL: expected scheme, host and path"):
        Client(KEY)


def test_base_url_says_what_is_wrong_with_it() -> None:
    """Without quoting it, as it may hold a password."""
    assert refusal(Client, KEY, base_url=" https://h\n") == "base_url: it has white space around it"
    for url in "https://h/?q=1", "https://h/#part":
        assert refusal(Client, KEY, base_url=url) == "base_url: it has a query or a fragment; leave it out"


def said_of(option: str, value: Any) -> str:
    """Return what is said of the value of an option."""
    try:
        return f"no refusal: {Client(KEY, **{option: value})}"
    except UsageError as error:
        return str(error)


def test_seconds_must_be_a_positive_number() -> None:
    """Of at most a year. A number is shown; what is none, and may be the key, is named by its type alone."""
    year = 366 * 86400
    shown: dict[Any, str] = {
        **{0: "0", float("nan"): "nan", year + 1: str(year + 1), 10**400: "1" + "0" * 49},
        **{"10": "str", True: "True", None: "None"},
    }
    expected = "timeout: expected a positive number of seconds, at most a year, got "
    assert {value: said_of("timeout", value) for value in shown} == {value: expected + shown[value] for value in shown}
    assert said_of("deadline", -0.5) == expected.replace("timeout", "deadline") + "-0.5"
    Client(KEY, timeout=1e-6, deadline=year)


def test_max_retries_must_be_a_whole_number() -> None:
    """A number is shown; what is none, and may be the key, is named by its type alone."""
    shown: dict[Any, str] = {-1: "-1", 1.5: "1.5", "3": "str", True: "True", None: "None"}
    expected = "max_retries: expected a whole number of at least 0, got "
    assert {value: said_of("max_retries", value) for value in shown} == {
        value: expected + shown[value] for value in shown
    }


def test_allow_http_is_true_or_false() -> None:
    """A string such as "0" from the environment does not allow it."""
    expected = "allow_http: expected True or False, got "
    assert refusal(Client, KEY, allow_http="0") == f"{expected}str"
    assert refusal(AsyncClient, KEY, allow_http=1) == f"{expected}1"
    assert refusal(Client, KEY, allow_http=None) == f"{expected}None"


def test_http_client_of_another_kind_is_named() -> None:
    """By its library, unless it is Python's own."""
    assert refusal(Client, KEY, http_client=5) == "http_client: expected an httpx.Client, got int"
    assert refusal(Client, KEY, http_client=httpx.AsyncClient()).endswith(", got httpx.AsyncClient")
    assert refusal(AsyncClient, KEY, http_client=httpx.Client()) == (
        "http_client: expected an httpx.AsyncClient, got httpx.Client"
    )
    assert refusal(Client, KEY, http_client=asyncio.Event()).endswith(", got asyncio.Event")


def test_transport_is_one_of_two_names() -> None:
    """And counts only where the client makes the connections."""
    names: list[Any] = ["requests", [], None]
    for name in names:
        said = refusal(AsyncClient, KEY, transport=name)
        assert said == f'transport: expected "httpx" or "aiohttp", got {name!r}'
    said = refusal(AsyncClient, KEY, transport="aiohttp", http_client=httpx.AsyncClient())
    assert said == 'pass either transport="aiohttp" or http_client, not both'


def test_closed_http_client_is_refused() -> None:
    """Before anything is sent."""
    http_client = httpx.Client()
    http_client.close()
    with Client(KEY, http_client=http_client) as client, pytest.raises(UsageError) as caught:
        client.credits.list()
    assert str(caught.value) == "http_client is closed; make a new one, and a new client over it"


def test_proxy_that_would_get_the_key_is_refused() -> None:
    """Over plain http to this machine, a proxy elsewhere would see it."""
    http_client = httpx.Client(proxy="http://proxy.example:3128")
    client = Client(KEY, base_url="http://127.0.0.1:9", http_client=http_client)
    assert refusal(client.credits.list) == (
        "http_client: its proxy would receive the API key unencrypted; use https://, allow_http=True, "
        "or an http_client with trust_env=False"
    )


HEADERS: dict[str, list[Any]] = {
    "headers: expected a mapping of names to values, both strings": [5, {"X-A": 5}, {b"X-A": "a"}, ["X-A"]],
    "headers: 'a b' is not a valid name": [{"a b": "c"}],
    "headers: '' is not a valid name": [{"": "c"}],
    "headers: '\xe9' is not a valid name": [{"\xe9": "c"}],
    "headers: Content-Length is set by the client; leave it out": [{"Content-Length": "3"}],
    "headers: Accept-Encoding is set by the client; leave it out": [{"Accept-Encoding": "br"}],
    "headers: transfer-encoding is set by the client; leave it out": [{"transfer-encoding": "chunked"}],
    "headers: expected a value of X-A in printable ASCII, without space around it": [
        *({"X-A": "a\n"}, {"X-A": "a\nb: c"}, {"X-A": " a"}, {"X-A": "\xe9"}, {"X-A": "\x00"})
    ],
}


@pytest.mark.parametrize("message", HEADERS)
def test_headers_that_cannot_be_sent_are_refused(message: str) -> None:
    """By name, not by value, which may be secret."""
    client = Client(KEY, base_url="http://127.0.0.1:9")
    for headers in HEADERS[message]:
        assert refusal(client.with_options, headers=headers) == message
    client.with_options(headers={"X-Odd_name.1!": "a b", "Content-Type": ""})


def test_description_may_need_neither_key_nor_server() -> None:
    """Then no text has a key to redact, and a client names the server."""
    api = APIConfig("a/1", None, "A", key_required=False, bearer_key=True, rate_limit=None)
    config = ClientConfig(api, None, "https://h", False, None, httpx.Client)
    assert (config.get_key, config.redact("text")) == (None, "text")
    missing = "base_url: the API description names no server; pass base_url=... or set A_BASE_URL"
    assert refusal(ClientConfig, api, None, None, False, None, httpx.Client) == missing
