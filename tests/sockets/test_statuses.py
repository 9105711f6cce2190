"""Statuses and redirects over real connections; tests/unit/test_statuses.py has the tables."""

from __future__ import annotations

from typing import Any

import pytest
from stablecog_client import (
    APIResponseValidationError,
    APIStatusError,
    AuthenticationError,
    InternalServerError,
)

from tests.support import faults
from tests.support.certificates import serving, trusted
from tests.support.drivers import Backend, Tasks, TasksOverAiohttp, Threads, all_backends, assert_ends
from tests.support.faults import KEY, FaultServer, ReceivedRequest, ok, redirect, respond, text


@all_backends
def test_final_status_is_an_error(backend: Backend) -> None:
    """The error has what the server sent."""
    with FaultServer(text(403, "Words of the server.\n", "X-Odd: \x80")) as server, backend(server.url) as driver:
        with pytest.raises(APIStatusError) as caught:
            driver.list()
        assert len(server.requests) == caught.value.attempts == 1
    assert (caught.value.status_code, caught.value.text) == (403, "Words of the server.\n")
    assert caught.value.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert str(caught.value).startswith(f"GET {server.url}/v1/credits: 403 Forbidden: Words of the server; ")


def test_error_without_content_type_has_its_status() -> None:
    """An error needs no media type."""
    with FaultServer(faults.raw(faults.head(401, "Content-Length: 5") + b"Oops.")) as server:
        with Threads(server.url) as driver, pytest.raises(AuthenticationError, match=r": Oops; check the API key"):
            driver.list()


@pytest.mark.parametrize(("backend", "status"), [(Threads, 299), (TasksOverAiohttp, 204)])
def test_undocumented_success_is_refused(backend: Backend, status: int) -> None:
    """A success that the API description does not name is none, with and without a body."""
    with FaultServer(respond(status, b"" if status == 204 else faults.TWO_CREDITS)) as server:
        with backend(server.url) as driver, pytest.raises(APIResponseValidationError) as caught:
            driver.list()
    assert caught.value.status_code == status
    assert "the API description documents only 200" in str(caught.value)


ODD_BODIES: list[tuple[Any, ...]] = [
    (b"", "application/json"),
    (b"a" * 2**20, "text/plain"),
    (b"not compressed", "text/plain", "Content-Encoding: gzip"),
    (b"not compressed", "text/plain", "Content-Encoding: nonsense"),
    (b"one\x00two\x1b[31m\r\nthree\x7f\xc2\x85\xe2\x80\xa8\xe2\x80\xaefour", "text/plain"),
]


@pytest.mark.parametrize("backend", [Threads, TasksOverAiohttp])
def test_odd_error_body_keeps_the_status(backend: Backend) -> None:
    """No transport refuses an error for its body."""
    with FaultServer(*(respond(500, *body) for body in ODD_BODIES)) as server:
        with backend(server.url, max_retries=0) as driver:
            for _ in ODD_BODIES:
                with pytest.raises(InternalServerError) as caught:
                    driver.list()
                assert str(caught.value).isprintable()
                assert len(str(caught.value)) < 500
                assert len(caught.value.text) <= 64 * 1024
        assert len(server.requests) == len(ODD_BODIES)


@all_backends
def test_truncated_error_keeps_its_status(backend: Backend) -> None:
    """An error whose body is cut short is reported with what came of it."""
    cut = faults.raw(faults.head(401, "Content-Type: application/json", "Content-Length: 100") + b'{"error":"Unau')
    with FaultServer(cut) as server, backend(server.url) as driver:
        with pytest.raises(AuthenticationError) as caught:
            driver.list()
        assert len(server.requests) == 1
    assert caught.value.text == '{"error":"Unau'


@pytest.mark.parametrize(
    ("backend", "fault", "limits"),
    [
        *((backend, faults.stall_in_error_body, {"timeout": 1}) for backend in (Threads, Tasks, TasksOverAiohttp)),
        (Threads, faults.stall_in_error_body, {"deadline": 1}),
        *((backend, faults.drip_error_body, {"deadline": 1}) for backend in (Threads, Tasks, TasksOverAiohttp)),
    ],
)
def test_slow_error_body_keeps_the_status(backend: Backend, fault: faults.Fault, limits: dict[str, Any]) -> None:
    """An error whose body does not come in time is reported with what came of it."""
    with FaultServer(fault) as server, backend(server.url, **limits) as driver, assert_ends():
        with pytest.raises(AuthenticationError) as caught:
            driver.list()
        assert len(server.requests) == 1
    assert caught.value.text.strip() == '{"error":"Unau'


@pytest.mark.parametrize("backend", [Threads, TasksOverAiohttp])
def test_redirect_to_same_origin_is_followed(backend: Backend) -> None:
    """The key goes along."""
    with FaultServer(redirect("/v1/credits/?again=1", 308), ok) as server, backend(server.url) as driver:
        assert driver.list().total_remaining_credits == 1391
        second = ReceivedRequest.of(server.requests[1])
        assert (second.path, second.query) == ("/v1/credits/", [("again", "1")])
        assert second.headers["authorization"] == f"Bearer {KEY}"


@all_backends
def test_path_of_a_redirect_is_sent_as_it_is(backend: Backend) -> None:
    """No transport decodes it: an encoded slash is none, and encoded dots are no step up."""
    with FaultServer(redirect("/v1/%2E%2E/a%2Fb?c=%2F"), ok) as server, backend(server.url) as driver:
        driver.list()
        assert server.requests[1].startswith(b"GET /v1/%2E%2E/a%2Fb?c=%2F HTTP/1.1\r\n")


def test_redirect_to_another_port_is_not_followed() -> None:
    """The key goes to the configured origin alone."""
    with FaultServer(ok) as other, FaultServer(redirect(f"{other.url}/v1/credits")) as server:
        with Threads(server.url) as driver, pytest.raises(APIStatusError) as caught:
            driver.list()
        assert (len(server.requests), other.connections) == (1, 0)
    assert caught.value.status_code == 302
    assert f"redirects to '{other.url}/v1/credits', which the client does not follow; check `base_url`" in str(
        caught.value
    )


ELSEWHERE = [
    *("https://127.0.0.1:{port}/v1/credits", "javascript:alert(1)", "http://[oops", ":http://[a"),
    *("//user:password@other.invalid/v1/credits", "http://127.0.0.1:{port}@other.invalid/", "\\\\other.invalid\\share"),
]


@all_backends
def test_redirect_elsewhere_sends_nothing_there(backend: Backend) -> None:
    """No transport follows one by itself, or fails on one that it cannot parse."""
    for location in ELSEWHERE:

        def fault(connection: faults.Connection, location: str = location) -> None:
            redirect(location.format(port=server.port))(connection)

        with FaultServer(fault) as server, backend(server.url) as driver, pytest.raises(APIStatusError) as caught:
            driver.list()
        assert (caught.value.status_code, server.connections) == (302, 1), location
        assert {ReceivedRequest.of(request).headers["authorization"] for request in server.requests} == {
            f"Bearer {KEY}"
        }
        assert str(caught.value).isprintable()


def test_redirect_from_https_to_http_is_not_followed() -> None:
    """The key is not sent unencrypted."""
    with trusted(), FaultServer(ok) as plain, FaultServer(redirect(plain.url), tls=serving()) as server:
        with Threads(server.url) as driver, pytest.raises(APIStatusError, match="which the client does not follow"):
            driver.list()
        assert plain.connections == 0


def test_redirect_loop_ends() -> None:
    """Five redirects are followed."""
    with FaultServer(redirect("/v1/credits")) as server, Threads(server.url) as driver:
        with pytest.raises(APIStatusError, match=r"more than 5 redirects; check `base_url`$"):
            driver.list()
        assert len(server.requests) == 6
