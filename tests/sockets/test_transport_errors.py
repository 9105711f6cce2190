"""What each transport's failures are called: the cause that tells, in plain words."""

from __future__ import annotations

import re
import socket
import ssl
from types import SimpleNamespace
from typing import Any

import aiohttp
import httpcore
import httpx
import pytest
from stablecog_client import APIConnectionError, APITimeoutError
from stablecog_client._runtime import aiohttp_transport

from tests.support.certificates import authority, serving, trusted
from tests.support.drivers import Backend, TasksOverAiohttp, all_backends
from tests.support.faults import (
    Connection,
    Fault,
    FaultServer,
    body_shorter_than_its_length,
    close_before_first_byte,
    cut_chunked_body,
    ok,
    raw,
    reset_in_mid_body,
)


def server_that_wants_a_certificate(version: ssl.TLSVersion) -> ssl.SSLContext:
    context = serving()
    authority().configure_trust(context)  # pyright: ignore[reportUnknownMemberType]
    context.verify_mode = ssl.CERT_REQUIRED
    context.maximum_version = version
    return context


def error_line(backend: Backend, fault: Fault, tls: ssl.SSLContext | None = None) -> str:
    with FaultServer(fault, tls=tls) as server, backend(server.url, max_retries=0) as caller:
        with pytest.raises(APIConnectionError) as caught:
            caller.list()
    return str(caught.value)


@all_backends
def test_missing_client_certificate_is_named(backend: Backend) -> None:
    """TLS 1.2 refuses in the handshake; the error says what to check."""
    with trusted():
        line = error_line(backend, ok, server_that_wants_a_certificate(ssl.TLSVersion.TLSv1_2))
    assert "alert handshake failure" in line
    assert line.endswith(
        "; the TLS handshake failed: check `base_url`, proxies, and whether the server wants a client certificate"
    )


@all_backends
def test_alert_after_the_handshake_is_told(backend: Backend) -> None:
    """TLS 1.3 refuses after the handshake; the error is that refusal, or the reset of the connection."""
    with trusted():
        line = error_line(backend, ok, server_that_wants_a_certificate(ssl.TLSVersion.TLSv1_3))
    assert "certificate required" in line or "reset by peer" in line
    assert "did not complete" not in line
    assert "does not speak TLS" not in line


@all_backends
def test_timeout_over_tls_leaves_no_connection(backend: Backend) -> None:
    """Nobody waits for the server to end TLS."""
    begun = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{"

    def stall(connection: Connection) -> None:
        connection.send(begun)
        while socket.socket.recv(vars(connection)["_socket"], 65536):  # beneath TLS, until the client has closed
            pass

    with trusted(), FaultServer(stall, tls=serving()) as server:
        with backend(server.url, timeout=0.1, max_retries=0) as driver:
            for _ in range(2):
                with pytest.raises(APITimeoutError):
                    driver.list()
            driver.idle_until(lambda: server.closed == 2)


def test_malformed_host_says_so_over_aiohttp() -> None:
    """Nothing was sent, so that a POST is safe to send again. aiohttp before 3.14.1 looks some of them up."""
    said = r"no response: (it is not a valid host name|cannot resolve .+); check"
    for host in "1.2.3.4.5", f"{'a' * 64}.example":
        with TasksOverAiohttp(f"https://{host}", max_retries=0) as driver:
            with pytest.raises(APIConnectionError, match=said) as caught:
                driver.list()
        assert isinstance(caught.value.__cause__, httpx.ConnectError)


REFUSED = ConnectionRefusedError(111, "Connection refused")
UNTRUSTED = ssl.SSLCertVerificationError(1, "certificate verify failed")
TARGET: Any = SimpleNamespace(host="a.example", port=443, ssl=True)  # what aiohttp's errors name
NO_HTTP = "the server did not send a valid HTTP response"

TRANSLATED: list[tuple[Exception, type[Exception], str]] = [
    (aiohttp.ConnectionTimeoutError(), httpcore.ConnectTimeout, "the connection took too long"),
    (aiohttp.SocketTimeoutError(), httpcore.ReadTimeout, "the response took too long"),
    (TimeoutError(), httpcore.ReadTimeout, "the response took too long"),
    (aiohttp.ClientConnectorCertificateError(TARGET, UNTRUSTED), httpcore.ConnectError, str(UNTRUSTED)),
    (aiohttp.ClientHttpProxyError(TARGET, (), status=407, message="No"), httpcore.ProxyError, "407 No"),
    (aiohttp.ClientConnectorDNSError(TARGET, OSError(-2, "unknown")), httpcore.ConnectError, "[Errno -2] unknown"),
    (aiohttp.ClientConnectorError(TARGET, REFUSED), httpcore.ConnectError, str(REFUSED)),
    (
        aiohttp.ServerDisconnectedError(),
        httpcore.RemoteProtocolError,
        "the server closed the connection without a response",
    ),
    (
        aiohttp.ClientPayloadError(),
        httpcore.RemoteProtocolError,
        "the server closed the connection before the end of the response",
    ),
    (aiohttp.ClientResponseError(TARGET, ()), httpcore.RemoteProtocolError, NO_HTTP),
    (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "odd"), httpcore.RemoteProtocolError, NO_HTTP),
    (ValueError("odd"), httpcore.RemoteProtocolError, NO_HTTP),
    (aiohttp.InvalidURL("http://a b"), httpcore.ConnectError, "it is not a valid host name"),
    (UnicodeError("label too long"), httpcore.ConnectError, "it is not a valid host name"),
    (aiohttp.ClientError("odd"), httpcore.ReadError, "odd"),
    (OSError("odd"), httpcore.ReadError, "odd"),
]


@pytest.mark.parametrize(("error", "kind", "text"), TRANSLATED, ids=[type(row[0]).__name__ for row in TRANSLATED])
def test_each_error_of_aiohttp_is_translated(error: Exception, kind: type[Exception], text: str) -> None:
    """To httpcore's of the same meaning: whether a request may have been sent depends on it."""
    with pytest.raises(kind) as caught, vars(aiohttp_transport)["_mapped_exceptions"]():
        raise error
    assert (type(caught.value), str(caught.value)) == (kind, text)


def test_reason_that_aiohttp_wraps_is_the_cause() -> None:
    """The advice depends on it."""
    dns = aiohttp.ClientConnectorDNSError(TARGET, OSError(-2, "unknown"))
    certificate = aiohttp.ClientConnectorCertificateError(TARGET, UNTRUSTED)
    for error, kind in (dns, socket.gaierror), (certificate, ssl.SSLCertVerificationError):
        with pytest.raises(httpcore.ConnectError) as caught, vars(aiohttp_transport)["_mapped_exceptions"]():
            raise error
        assert type(caught.value.__cause__) is kind


FAULTS: list[Fault] = [
    *(reset_in_mid_body, body_shorter_than_its_length, cut_chunked_body, close_before_first_byte),
    raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc"),
    raw(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n"),
    raw(b"nonsense\r\n\r\n"),
]
INTERNALS = re.compile("TransferEncodingError|ContentLengthError|BadStatusLine|Client|message=|did not complete")


@all_backends
def test_no_line_shows_a_librarys_internals(backend: Backend) -> None:
    """With and without TLS."""
    with trusted():
        lines = [error_line(backend, fault, tls) for tls in (None, serving()) for fault in FAULTS]
    assert [line for line in lines if INTERNALS.search(line)] == []
