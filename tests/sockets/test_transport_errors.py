"""What each transport's failures are called: the cause that tells, in plain words."""

from __future__ import annotations

import ssl

import pytest
from stablecog_client import APIConnectionError

from tests.support.certificates import authority, serving, trusted
from tests.support.drivers import Backend, all_backends
from tests.support.faults import (
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
def test_a_missing_client_certificate_is_named(backend: Backend) -> None:
    with trusted():
        line = error_line(backend, ok, server_that_wants_a_certificate(ssl.TLSVersion.TLSv1_2))
    assert "alert handshake failure" in line
    assert line.endswith("whether the server wants a client certificate")


@all_backends
def test_an_alert_that_a_reset_overtakes_is_no_lack_of_tls(backend: Backend) -> None:
    """TLS 1.3 refuses after the handshake; the error is that refusal, or the reset of the connection."""
    with trusted():
        line = error_line(backend, ok, server_that_wants_a_certificate(ssl.TLSVersion.TLSv1_3))
    assert "certificate required" in line or "reset by peer" in line
    assert "did not complete" not in line
    assert "does not speak TLS" not in line


@all_backends
@pytest.mark.parametrize("host", ["127.0.0.1", "another.example"])
def test_a_refused_certificate_is_told_by_openssl(backend: Backend, host: str) -> None:
    line = error_line(backend, ok, serving(host))
    assert ": no response: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: " in line
    assert "Cannot connect to host" not in line


@all_backends
@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize(
    "fault",
    [
        *(reset_in_mid_body, body_shorter_than_its_length, cut_chunked_body, close_before_first_byte),
        raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc"),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n"),
        raw(b"nonsense\r\n\r\n"),
    ],
)
def test_no_line_shows_a_librarys_internals(backend: Backend, fault: Fault, tls: bool) -> None:
    with trusted():
        line = error_line(backend, fault, serving() if tls else None)
    for internal in (
        "TransferEncodingError",
        "ContentLengthError",
        "BadStatusLine",
        "Client",
        "message=",
        "did not complete",
    ):
        assert internal not in line
