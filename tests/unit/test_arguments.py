"""Options and arguments that cannot be meant: refused where they are given, by name, before anything is sent."""

from __future__ import annotations

import asyncio
import os
import ssl
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest
from stablecog_client import AsyncClient, Client, UsageError
from stablecog_client._runtime import environment
from stablecog_client._runtime.api_request import APIRequest
from stablecog_client.api.credits import list_credits

from tests.support.faults import KEY


def refusal(make: Any, *arguments: Any, **options: Any) -> str:
    with pytest.raises(UsageError) as refused:
        make(*arguments, **options)
    return str(refused.value)


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
    assert refusal(Client, KEY, http_client=asyncio.Event()).endswith(", got asyncio.Event")


def test_proxy_that_would_get_the_key_is_refused() -> None:
    """Over plain http to this machine, a proxy elsewhere would see it."""
    http_client = httpx.Client(proxy="http://proxy.example:3128")
    client = Client(KEY, base_url="http://127.0.0.1:9", http_client=http_client)
    assert refusal(client.credits.list) == (
        "http_client: its proxy would receive the API key unencrypted; use https://, allow_http=True, "
        "or an http_client with trust_env=False"
    )


def test_parameters_of_a_media_type_are_no_part_of_it() -> None:
    """A form with a charset is sent as a form."""
    form = APIRequest[None]("POST", "/", None, {}, body={"a": 1}, content_type="application/x-www-form-urlencoded; a=b")
    assert form.arguments()["data"] == {"a": 1}


def test_base_url_says_what_is_wrong_with_it() -> None:
    """Without quoting it, as it may hold a password."""
    assert refusal(Client, KEY, base_url=" https://h\n") == "base_url: it has white space around it"
    for url in "https://h/?q=1", "https://h/#part":
        assert refusal(Client, KEY, base_url=url) == "base_url: it has a query or a fragment; leave it out"


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


def test_client_of_the_other_kind_sends_nothing() -> None:
    """`sync` refuses an AsyncClient, `asyncio` a Client, before the request."""
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200)

    transport: Any = httpx.MockTransport(answer)
    client: Any = Client(KEY, http_client=httpx.Client(transport=transport))
    async_client: Any = AsyncClient(KEY, http_client=httpx.AsyncClient(transport=transport))
    other = "client: expected a Client; use `asyncio` with an AsyncClient"
    assert refusal(list_credits.sync, client=async_client) == refusal(list_credits.sync_detailed, client=async_client)
    assert refusal(list_credits.sync, client=async_client) == other

    async def call() -> None:
        await list_credits.asyncio(client=client)

    assert refusal(asyncio.run, call()) == "client: expected an AsyncClient; use `sync` with a Client"
    assert sent == []


# The trust store


@pytest.fixture(autouse=True)
def _own_trust_store(monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction]
    """Neither the certificates nor the key log of whoever runs the tests."""
    for name in "SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE":
        monkeypatch.delenv(name, raising=False)


def unreadable(monkeypatch: pytest.MonkeyPatch, **variables: object) -> str:
    """Return the error of a trust store in this environment."""
    for name, value in variables.items():
        monkeypatch.setenv(name, str(value))
    return refusal(environment.TrustStore().context)


def test_bad_variable_of_tls_is_blamed_by_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With the path that it names."""
    (ca := tmp_path / "ca.pem").write_text("not a certificate")
    expected = f"SSL_CERT_FILE: expected certificates in PEM form, got {ca} ("
    assert unreadable(monkeypatch, SSL_CERT_FILE=ca).startswith(expected)
    assert unreadable(monkeypatch, SSLKEYLOGFILE=tmp_path / "keys.log").startswith(expected)
    log = tmp_path / "missing" / "keys.log"
    expected = f"SSLKEYLOGFILE: expected a file that can be written to, got {log} ("
    assert unreadable(monkeypatch, SSLKEYLOGFILE=log).startswith(expected)


def test_bad_folder_of_certificates_is_blamed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One that is none, of which OpenSSL says nothing, and one that OpenSSL refuses."""
    expected = "SSL_CERT_DIR: expected a folder of certificates, got /nowhere"
    assert unreadable(monkeypatch, SSL_CERT_DIR="/nowhere") == expected
    monkeypatch.setenv("SSL_CERT_DIR", f"/nowhere{os.pathsep}{tmp_path}")
    assert environment.TrustStore().context()
    monkeypatch.setattr(httpx, "create_ssl_context", lambda: (_ for _ in ()).throw(OSError("denied")))
    expected = f"SSL_CERT_DIR: expected certificates in PEM form, got {tmp_path} (denied)"
    assert unreadable(monkeypatch, SSL_CERT_DIR=tmp_path) == expected


def test_trust_store_follows_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A new client trusts what SSL_CERT_FILE and SSL_CERT_DIR say now, also after an error."""
    store = environment.TrustStore()
    before = store.context()
    assert store.context() is before
    (ca := tmp_path / "ca.pem").write_text("not a certificate")
    monkeypatch.setenv("SSL_CERT_FILE", str(ca))
    refusal(store.context)
    monkeypatch.delenv("SSL_CERT_FILE")
    assert store.context() is before
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert store.context() is not before


def test_trust_store_is_read_ahead_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a thread of its own."""
    threads: list[str] = []
    may_go_on = threading.Event()

    def create() -> ssl.SSLContext:
        threads.append(threading.current_thread().name)
        may_go_on.wait(60)
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

    monkeypatch.setattr(httpx, "create_ssl_context", create)
    store = environment.TrustStore()
    store.preload()
    store.preload()
    may_go_on.set()
    assert store.context() is store.context()
    store.preload()
    assert store.context()
    assert threads == ["trust store"]
