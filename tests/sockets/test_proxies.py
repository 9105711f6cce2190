"""Proxies that the environment names, over real connections."""

from __future__ import annotations

import socket
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from stablecog_client import APIConnectionError, APIStatusError, APITimeoutError, Client, UsageError

from tests.support import faults
from tests.support.certificates import serving, trusted
from tests.support.drivers import (
    Backend,
    Tasks,
    TasksOverAiohttp,
    Threads,
    all_backends,
    assert_duration,
    assert_ends,
    assert_nothing_left_open,
    both_clients,
)
from tests.support.faults import KEY, FaultServer, free_port, ok
from tests.support.proxies import ProxyServer, raw_server

NAME = "api.test"  # which only the proxy can resolve
USERINFO, CREDENTIALS = "us%20er:hunter%402", "us er:hunter@2"

# An open proxy over http, and one over https that asks for credentials.
OPEN, CLOSED = ("http", "", None), ("https", USERINFO, CREDENTIALS)


@contextmanager
def servers() -> Generator[tuple[FaultServer, FaultServer]]:
    """Serve the API over http and, by the name that only the proxy can resolve, over https."""
    with trusted(), FaultServer(ok) as plain, FaultServer(ok, tls=serving(NAME)) as encrypted:
        yield plain, encrypted


# HTTP proxies


@pytest.mark.parametrize(
    ("backend", "proxy_scheme", "userinfo", "credentials"),
    [(Threads, *OPEN), (Tasks, *CLOSED), (TasksOverAiohttp, *OPEN), (TasksOverAiohttp, *CLOSED)],
)
def test_http_is_forwarded(
    backend: Backend, proxy_scheme: str, userinfo: str, credentials: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server gets no credentials of the proxy."""
    tls = serving() if proxy_scheme == "https" else None
    with trusted(), FaultServer(ok) as server, ProxyServer(credentials, tls) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url(proxy_scheme, userinfo))
        with backend(server.url, allow_http=True) as caller:
            assert caller.list().total_remaining_credits == 1391
        assert proxy.targets == [f"GET {server.url}/v1/credits"]
        assert b"proxy-authorization" not in server.requests[0].lower()


@pytest.mark.parametrize(
    ("backend", "proxy_scheme", "userinfo", "credentials"),
    [(Threads, *OPEN), (Threads, *CLOSED), (Tasks, *CLOSED), (TasksOverAiohttp, *OPEN), (TasksOverAiohttp, *CLOSED)],
)
def test_https_is_tunnelled(
    backend: Backend, proxy_scheme: str, userinfo: str, credentials: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proxy resolves the name, sees neither request nor key, and the server no credentials of the proxy."""
    tls = serving() if proxy_scheme == "https" else None
    with trusted(), FaultServer(ok, tls=serving(NAME)) as server, ProxyServer(credentials, tls) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url(proxy_scheme, userinfo))
        with backend(f"https://{NAME}:{server.port}") as caller:
            assert caller.list() == caller.list()
        assert proxy.targets == [f"CONNECT {NAME}:{server.port}"]
        assert KEY.encode() not in b"".join(proxy.heads)
        assert len(server.requests) == 2
        assert b"proxy-authorization" not in b"".join(server.requests).lower()


@all_backends
def test_wrong_credentials_of_a_tunnel(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked once; the error names the proxy and not the password."""
    with ProxyServer(CREDENTIALS) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url("http", "user:wrong"))
        with backend(f"https://{NAME}") as caller, pytest.raises(APIConnectionError) as caught:
            caller.list()
        assert len(proxy.targets) == caught.value.attempts == 1
    assert f"407 Proxy Authentication Required; check the proxy 127.0.0.1:{proxy.port}" in str(caught.value)
    assert "wrong" not in str(caught.value)


def test_missing_credentials_of_a_forward(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked once; the error says where to give them."""
    with ProxyServer(CREDENTIALS) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url("http"))
        with Threads(f"http://{NAME}", allow_http=True) as caller, pytest.raises(APIStatusError) as caught:
            caller.list()
    assert caught.value.status_code == 407
    assert str(caught.value).endswith("; give user and password in the URL of the proxy")
    assert len(proxy.targets) == caught.value.attempts == 1


@all_backends
def test_untrusted_certificate_of_a_proxy(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked for nothing."""
    with ProxyServer(tls=serving()) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url("https"))
        with backend(f"https://{NAME}") as caller, pytest.raises(APIConnectionError) as caught:
            caller.list()
    assert "certificate verify failed" in str(caught.value)
    assert proxy.targets == []
    assert caught.value.attempts == 1


def test_exempt_server_is_reached_directly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even where the proxy could not be used."""
    with trusted(), FaultServer(ok, tls=serving()) as server:
        monkeypatch.setenv("HTTPS_PROXY", "unusable://")
        monkeypatch.setenv("NO_PROXY", f"*.test,10.0.0.0/8,https://127.0.0.1:{server.port}")
        with Threads(server.url) as caller:
            assert caller.list().total_remaining_credits == 1391


# SOCKS proxies


@pytest.mark.parametrize(
    ("backend", "proxy_scheme", "userinfo", "credentials"),
    [
        (Threads, "socks5", USERINFO, CREDENTIALS),
        (Tasks, "socks5", "", None),
        (Tasks, "socks5h", USERINFO, CREDENTIALS),
    ],
)
def test_socks_proxy_resolves_the_name(
    backend: Backend, proxy_scheme: str, userinfo: str, credentials: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For both schemes: this machine may be unable to."""
    with servers() as (plain, encrypted), ProxyServer(credentials) as proxy:
        monkeypatch.setenv("ALL_PROXY", proxy.url(proxy_scheme, userinfo))
        for url in (f"http://{NAME}:{plain.port}", f"https://{NAME}:{encrypted.port}"):
            with backend(url, allow_http=True) as caller:
                assert caller.list().total_remaining_credits == 1391
        assert proxy.targets == [f"SOCKS {NAME}:{plain.port}", f"SOCKS {NAME}:{encrypted.port}"]


@pytest.mark.parametrize(
    ("backend", "userinfo", "message"),
    [
        (Threads, "user:wrong", "Invalid username/password"),
        (Tasks, "", "Requested NO AUTHENTICATION REQUIRED from proxy server, but got NO ACCEPTABLE METHODS"),
    ],
)
def test_missing_credentials_of_socks(
    backend: Backend, userinfo: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is asked once; the error names the proxy and not the password."""
    with ProxyServer(CREDENTIALS) as proxy:
        monkeypatch.setenv("ALL_PROXY", proxy.url("socks5", userinfo))
        with backend(f"https://{NAME}") as caller, pytest.raises(APIConnectionError) as caught:
            caller.list()
    assert f"no response: {message}; check the proxy 127.0.0.1:{proxy.port} (from ALL_PROXY)" in str(caught.value)
    assert "wrong" not in str(caught.value)
    assert caught.value.attempts == 1


def test_socks_to_a_server_that_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is tried again: the server may come back."""
    with ProxyServer() as proxy:
        monkeypatch.setenv("ALL_PROXY", proxy.url("socks5"))
        with Threads(f"https://127.0.0.1:{free_port()}") as caller, pytest.raises(APIConnectionError) as caught:
            caller.list()
        assert len(proxy.targets) == caught.value.attempts == 6
    assert "no response: Proxy Server could not connect: Connection refused; check the proxy" in str(caught.value)


@pytest.mark.parametrize(
    ("backend", "said"), [(Threads, b""), (Threads, b"\x05"), (Tasks, b"HTTP/1.1 400 Bad Request\r\n\r\n")]
)
def test_socks_proxy_that_speaks_something_else(backend: Backend, said: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing, half a response, or HTTP."""
    with raw_server(said) as port:
        monkeypatch.setenv("ALL_PROXY", f"socks5://127.0.0.1:{port}")
        with assert_nothing_left_open(), backend(f"https://{NAME}", max_retries=0) as caller:
            with pytest.raises(APIConnectionError) as caught:
                caller.list()
    assert f"the proxy did not send a valid SOCKS response; check the proxy 127.0.0.1:{port}" in str(caught.value)


@both_clients
def test_socks_proxy_of_an_http_client_that_is_none(backend: Backend) -> None:
    """It ends in the same error."""
    with raw_server(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
        kind = httpx.Client if backend is Threads else httpx.AsyncClient
        options: dict[str, Any] = {"http_client": kind(proxy=f"socks5://127.0.0.1:{port}"), "max_retries": 0}
        with backend(f"https://{NAME}", **options) as caller, pytest.raises(APIConnectionError) as caught:
            caller.list()
    assert f"the proxy did not send a valid SOCKS response; check the proxy 127.0.0.1:{port}" in str(caught.value)
    cause = caught.value.__cause__
    assert isinstance(cause, httpx.ProxyError)
    assert type(cause.__cause__).__module__.startswith("socksio")


def test_socks_over_aiohttp_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be bypassed."""
    with ProxyServer() as proxy:
        monkeypatch.setenv("ALL_PROXY", proxy.url("socks5"))
        with TasksOverAiohttp(f"https://{NAME}") as caller, pytest.raises(UsageError) as caught:
            caller.list()
    assert str(caught.value) == ('transport: "aiohttp" does not support SOCKS proxies; use "httpx", or set NO_PROXY')


# Time: over threads each operation ends by the deadline, over tasks the whole call is cancelled


EACH_SCHEME = [*((Threads, scheme) for scheme in ("http", "https", "socks5"))]


@pytest.mark.parametrize(("backend", "proxy_scheme"), [*EACH_SCHEME, (Tasks, "socks5"), (TasksOverAiohttp, "https")])
def test_proxy_that_says_nothing(backend: Backend, proxy_scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The handshake with a proxy ends by the deadline, also that of SOCKS, which httpcore reads without a timeout."""
    with trusted(), socket.create_server(("127.0.0.1", 0)) as proxy:  # accepts and does not answer
        monkeypatch.setenv("ALL_PROXY", f"{proxy_scheme}://127.0.0.1:{proxy.getsockname()[1]}")
        with assert_nothing_left_open(), backend(f"https://{NAME}", deadline=0.5) as caller:
            with assert_duration(0.4), assert_ends(), pytest.raises(APITimeoutError):
                caller.list()


def test_silent_socks_proxy_of_an_http_client() -> None:
    """Its handshake ends by the deadline, too."""
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        url = f"socks5://127.0.0.1:{proxy.getsockname()[1]}"
        with assert_nothing_left_open(), httpx.Client(proxy=url) as http_client:
            client = Client(KEY, base_url=f"https://{NAME}", http_client=http_client, deadline=0.5)
            with assert_duration(0.4), assert_ends(), pytest.raises(APITimeoutError):
                client.credits.list()


def test_proxy_that_drips_its_response(monkeypatch: pytest.MonkeyPatch) -> None:
    """No byte of it prolongs the call."""
    with FaultServer(faults.drip_headers) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        with (
            Threads(f"https://{NAME}", deadline=1) as caller,
            assert_duration(0.8),
            assert_ends(),
            pytest.raises(APITimeoutError),
        ):
            caller.list()


@pytest.mark.parametrize(("backend", "proxy_scheme"), [*EACH_SCHEME, (Tasks, "https"), (TasksOverAiohttp, "https")])
def test_dripped_tls_behind_a_proxy(backend: Backend, proxy_scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that drips a TLS handshake does not prolong a call, also where it happens inside TLS to the proxy."""
    tls = serving() if proxy_scheme == "https" else None
    begin_record_of_16_kb = b"\x16\x03\x03\x40\x00"
    with trusted(), ProxyServer(tls=tls) as proxy, raw_server(begin_record_of_16_kb, b"\0") as port:
        monkeypatch.setenv("ALL_PROXY", proxy.url(proxy_scheme))
        with backend(f"https://{NAME}:{port}", deadline=0.6, max_retries=0) as caller:
            with assert_duration(0.5), assert_ends(), pytest.raises(APITimeoutError):
                caller.list()


def test_dripped_tls_behind_a_proxy_of_an_http_client() -> None:
    """Neither does it where the caller has made the connection's TLS."""
    with trusted(), ProxyServer(tls=serving()) as proxy, raw_server(b"\x16\x03\x03\x40\x00", b"\0") as port:
        tls = httpx.create_ssl_context()
        with httpx.Client(proxy=httpx.Proxy(proxy.url("https"), ssl_context=tls), verify=tls) as http_client:
            options: dict[str, Any] = {"http_client": http_client, "deadline": 0.6, "max_retries": 0}
            client = Client(KEY, base_url=f"https://{NAME}:{port}", **options)
            with assert_duration(0.5), assert_ends(), pytest.raises(APITimeoutError):
                client.credits.list()
