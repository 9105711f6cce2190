"""Bodies over real connections: each transport has a part in them. tests/unit/test_bodies.py has the tables."""

from __future__ import annotations

import gzip
import json
import logging
import zlib

import pytest
from stablecog_client import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    InternalServerError,
)
from stablecog_client._runtime.api_request import APIRequest

from tests.support import faults
from tests.support.api_description import replaced
from tests.support.drivers import (
    HANG,
    Backend,
    Tasks,
    TasksOverAiohttp,
    Threads,
    all_backends,
    assert_ends,
    post_request,
)
from tests.support.faults import TWO_CREDITS, FaultServer, ReceivedRequest, encoded, ok, respond
from tests.support.processes import peak_memory

each_parser = pytest.mark.parametrize("backend", [Threads, TasksOverAiohttp])  # of HTTP: that of h11 and aiohttp's

UMLAUT = json.dumps(
    replaced(json.loads(TWO_CREDITS), ("credits", 0, "type", "name"), "Frühling"), ensure_ascii=False
).encode()


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


@all_backends
def test_charset_and_encoding_are_decoded(backend: Backend) -> None:
    """No transport decodes a body itself, or twice."""
    bodies = [
        respond(200, UMLAUT.decode().encode("latin-1"), "application/json; charset=ISO-8859-1"),
        respond(200, UMLAUT, ""),
        encoded("gzip", gzip.compress(UMLAUT)),
        encoded("deflate", zlib.compress(UMLAUT)),
        encoded("deflate", raw_deflate(UMLAUT)),
        encoded("deflate, gzip", gzip.compress(zlib.compress(UMLAUT))),
    ]
    with FaultServer(*bodies) as server, backend(server.url) as driver:
        for _ in bodies:
            assert driver.list().credits[0].type.name == "Frühling"
        assert len(server.requests) == len(bodies)


def test_each_transport_sends_the_same_headers() -> None:
    """It adds none of its own, with and without a body."""
    sent: list[list[dict[str, str]]] = []
    empty = APIRequest("POST", "/v1/credits", None, post_request().responses)
    for backend in Threads, Tasks, TasksOverAiohttp:
        with FaultServer(ok) as server, backend(server.url) as driver:
            driver.list()
            for request in post_request(), empty:
                driver.send(request)
            sent.append([ReceivedRequest.of(request).headers for request in server.requests])
            assert {headers.pop("host") for headers in sent[-1]} == {f"127.0.0.1:{server.port}"}
    assert sent[0] == sent[1] == sent[2]
    assert {*sent[0][0]} == {"accept", "accept-encoding", "authorization", "user-agent"}


UNREADABLE = [
    (encoded("gzip", b"no gzip at all"), "corrupt"),
    (encoded("gzip", gzip.compress(TWO_CREDITS)[:-100]), "the compressed body is truncated"),
    (encoded("br", b"whatever"), "'br'"),
    (encoded("nonsense\x1b", b"whatever"), "nonsense"),
    (respond(200, TWO_CREDITS, "application/json; charset=klingon"), "klingon"),
    (faults.login_page, "<!doctype html>"),
    (respond(200, b""), "the body is empty"),
    (encoded("gzip", b""), "the body is empty"),
]


@each_parser
def test_unreadable_body_is_refused_in_one_line(backend: Backend) -> None:
    """No transport lets its own exception through."""
    for fault, got in UNREADABLE:
        with FaultServer(fault) as server, backend(server.url) as driver:
            with pytest.raises((APIResponseValidationError, APIConnectionError)) as caught:
                driver.list()
        assert str(caught.value).isprintable()
        assert len(str(caught.value)) < 500
        assert got in str(caught.value)
        if isinstance(caught.value, APIResponseValidationError):
            assert caught.value.status_code == 200
            assert caught.value.headers["content-type"].startswith(("application/json", "text/html"))


# Attacks


@pytest.mark.parametrize(
    ("backend", "fault"),
    [(Threads, faults.gzip_bomb), (Tasks, faults.terabyte_announced), (TasksOverAiohttp, faults.endless_body)],
)
def test_endless_body_is_refused_in_bounded_memory(backend: Backend, fault: faults.Fault) -> None:
    """At most 16 MiB are read."""
    with FaultServer(fault) as server, backend(server.url, deadline=120) as driver:

        def call() -> None:
            with pytest.raises(APIResponseValidationError, match="the body is larger than 16 MiB"):
                driver.list()

        assert peak_memory(call) < 64 * 2**20


@all_backends
def test_endless_error_body_is_truncated(backend: Backend) -> None:
    """The error has its first 64 KiB, and the rest is not waited for."""
    with FaultServer(faults.endless_error) as server, backend(server.url, max_retries=0, deadline=2 * HANG) as driver:

        def call() -> None:
            with pytest.raises(InternalServerError) as caught:
                driver.list()
            assert len(caught.value.text) == 64 * 1024

        with assert_ends():
            assert peak_memory(call) < 8 * 2**20


@pytest.mark.parametrize(("status", "kind"), [(200, APIResponseValidationError), (500, InternalServerError)])
def test_endless_compressed_body_ends(status: int, kind: type[APIError]) -> None:
    """Also where nothing comes of what is read, because the compressed data has ended."""

    def fault(connection: faults.Connection) -> None:
        connection.send(faults.head(status, "Content-Encoding: gzip", "Connection: close") + gzip.compress(TWO_CREDITS))
        connection.drip((bytes(65536) for _ in iter(int, 1)), 0)

    with FaultServer(fault) as server, Threads(server.url, max_retries=0, deadline=600) as driver, assert_ends():
        with pytest.raises(kind):
            driver.list()


@all_backends
def test_endless_headers_end_in_bounded_memory(backend: Backend) -> None:
    """The call ends with its deadline, if not before."""
    with FaultServer(faults.endless_headers) as server, backend(server.url, deadline=0.5, max_retries=0) as driver:

        def call() -> None:
            with pytest.raises(APIConnectionError):
                driver.list()

        with assert_ends():
            assert peak_memory(call) < 16 * 2**20


NO_HTTP = [
    b"\r\n\r\n",
    b"oops\r\n\r\n",
    b"HTTP/9.9 200 OK\r\n\r\n",
    b"HTTP/1.1 banana\r\n\r\n",
    b"HTTP/1.1 000 X\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 099 X\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 999 X\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, banana\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
    b"HTTP/1.1 200 \xff\xfe\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 302 Found\r\nLocation: /\x01\x02\r\n\r\n",
    b"HTTP/1.1 302 Found\r\nLocation: /" + b"a" * 70_000 + b"\r\n\r\n",
    b"HTTP/1.1 200 OK\r\n\x00\x01: \x02\r\n\r\n",
    b"\x16\x03\x01\x02\x00",
    b"\x00" * 1000,
]


@each_parser
def test_response_that_is_no_http_is_an_error(backend: Backend) -> None:
    """In one line, whatever the bytes are."""
    for raw in NO_HTTP:
        with FaultServer(faults.raw(raw)) as server, backend(server.url, max_retries=0) as driver:
            with pytest.raises(APIError) as caught:
                driver.list()
        assert str(caught.value).isprintable(), raw
        assert len(str(caught.value)) < 500, raw


def test_server_cannot_forge_a_line_of_a_log(caplog: pytest.LogCaptureFixture) -> None:
    """What it says is shown without line breaks and control characters."""
    forged = "oops\r\nERROR:root:all is lost\x1b[2J\u2028more\u202e"
    refusing = respond(500, forged.encode(), "text/plain", "X-Odd: \x80\x9b31m")
    with FaultServer(refusing) as server, Threads(server.url, max_retries=1) as driver:
        with caplog.at_level(logging.DEBUG, "stablecog_client"), pytest.raises(APIStatusError) as caught:
            driver.list()
    assert "all is lost" in str(caught.value)
    assert str(caught.value).isprintable()
    assert all(record.getMessage().isprintable() for record in caplog.records if record.name == "stablecog_client")
