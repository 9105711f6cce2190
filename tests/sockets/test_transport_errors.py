"""What each transport's failures are called: the cause that tells, in plain words."""

from __future__ import annotations

import re
import socket
import ssl

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
    """Nothing was sent, so that a POST is safe to send again."""
    for host in "1.2.3.4.5", f"{'a' * 64}.example":
        with TasksOverAiohttp(f"https://{host}", max_retries=0) as driver:
            with pytest.raises(APIConnectionError, match="no response: it is not a valid host name; check") as caught:
                driver.list()
        assert isinstance(caught.value.__cause__, httpx.ConnectError)
    with pytest.raises(httpcore.RemoteProtocolError), vars(aiohttp_transport)["_mapped_exceptions"]():
        b"\xff".decode()  # of a response, which means that the request was sent


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
