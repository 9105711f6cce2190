"""Statuses other than the documented one, and redirects."""

from __future__ import annotations

from typing import Any

import pytest
from stablecog_client import (
    APIError,
    APIResponseValidationError,
    APIStatusError,
    AuthenticationError,
    InternalServerError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
)
from stablecog_client._runtime.api_request import APIRequest
from stablecog_client._runtime.bodies import json_body
from stablecog_client._runtime.codec import anything
from stablecog_client._runtime.failures import status_advice

from tests.support import faults
from tests.support.certificates import serving, trusted
from tests.support.drivers import Backend, all_backends, assert_duration
from tests.support.faults import KEY, FaultServer, ReceivedRequest, ok, redirect, respond, text

RETRIED = [408, 429, 500, 502, 503, 504]
FINAL = [400, 401, 402, 403, 404, 405, 409, 422, 428]
KINDS: dict[int, type[APIStatusError]] = {
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    429: RateLimitError,
    **dict.fromkeys([500, 502, 503, 504, 599], InternalServerError),
}


@all_backends
@pytest.mark.parametrize("status", RETRIED)
def test_a_status_that_may_pass_is_tried_again(backend: Backend, status: int) -> None:
    with FaultServer(text(status), ok) as server, backend(server.url) as driver:
        assert driver.list().total_remaining_credits == 1391
        assert len(server.requests) == 2


@all_backends
@pytest.mark.parametrize("status", [*RETRIED, *FINAL, 418, 499, 599, 600, 999])
def test_a_status_that_stays_is_an_error_of_its_kind(backend: Backend, status: int) -> None:
    tries = 3 if status in RETRIED or status >= 500 else 1
    with FaultServer(text(status, "Words of the server.\n")) as server:
        with backend(server.url, max_retries=2) as driver, pytest.raises(APIStatusError) as caught:
            driver.list()
    error = caught.value
    assert type(error) is KINDS.get(status, InternalServerError if status >= 500 else APIStatusError)
    assert (error.status_code, error.text) == (status, "Words of the server.\n")
    assert error.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert (error.method, error.url) == ("GET", f"{server.url}/v1/credits")
    assert error.attempts == len(server.requests) == tries
    assert str(error).startswith(f"GET {server.url}/v1/credits: {status} ")
    assert ": Words of the server; " in str(error)
    assert str(error).endswith(" (tried 3 times)") == (tries == 3)


ADVICE = {
    400: "Bad Request: Oops; the server rejected the request: see what it says",
    401: "Unauthorized: Oops; check the API key: it is unknown or switched off",
    402: "Payment Required: Oops; payment required: the account may lack credits",
    403: "Forbidden: Oops; this API key does not have the permission",
    404: "Not Found: Oops; there is no such path or resource: check `base_url` and the arguments",
    418: "I'm a Teapot: Oops; the server rejected the request: see what it says",
    428: "Precondition Required: Oops; the server could not check the rate limit: try again later",
    429: "Too Many Requests: Oops; make fewer calls, or try again later; the server asks to wait 90 s",
    500: "Internal Server Error: Oops; the server failed: try again later; the server asks to wait 90 s",
    599: "Unknown Status: Oops; the server failed: try again later; the server asks to wait 90 s",
}


@all_backends
@pytest.mark.parametrize("status", ADVICE)
def test_an_error_says_in_one_line_what_happened_and_what_to_do(backend: Backend, status: int) -> None:
    asks = ["Retry-After: 90"] if status in {429, 500, 599} else []
    with FaultServer(text(status, "Oops.", *asks)) as server, backend(server.url) as driver:
        with pytest.raises(APIStatusError) as caught:
            driver.list()
    assert str(caught.value) == f"GET {server.url}/v1/credits: {status} {ADVICE[status]}"


@all_backends
@pytest.mark.parametrize("status", [403, 404, 407])
def test_a_page_in_place_of_what_the_api_says_is_an_error_that_says_what_to_check(
    backend: Backend, status: int
) -> None:
    with FaultServer(respond(status, b"<h1>Blocked</h1>", "text/html")) as server, backend(server.url) as driver:
        with pytest.raises(APIStatusError, match="<h1>Blocked</h1>; a proxy or another server may have answered: "):
            driver.list()


@all_backends
@pytest.mark.parametrize("status", [500, 502])
def test_a_page_of_a_server_that_fails_is_taken_for_the_servers_own(backend: Backend, status: int) -> None:
    with (
        FaultServer(respond(status, b"<h1>Oops</h1>", "text/html")) as server,
        backend(server.url, max_retries=0) as driver,
    ):
        with pytest.raises(InternalServerError, match=r"<h1>Oops</h1>; the server failed: try again later$"):
            driver.list()


@all_backends
def test_an_error_without_a_content_type_is_an_error_of_its_status(backend: Backend) -> None:
    with FaultServer(faults.raw(faults.head(401, "Content-Length: 5") + b"Oops.")) as server:
        with backend(server.url) as driver, pytest.raises(AuthenticationError, match=r": Oops; check the API key"):
            driver.list()


def test_there_is_advice_for_every_status() -> None:
    assert [status_advice(status, "") for status in (0, 99, 100, 199)] == ["check `base_url`"] * 4
    assert [status_advice(status, "") for status in (600, 999)] == ["the server failed: try again later"] * 2


@all_backends
@pytest.mark.parametrize("status", ["000", "099"])
def test_a_status_that_http_does_not_know_is_an_error_of_ours(backend: Backend, status: str) -> None:
    with FaultServer(faults.raw(f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n".encode())) as server:
        with backend(server.url, max_retries=0) as driver, pytest.raises(APIError):
            driver.list()


@all_backends
def test_a_page_of_a_proxy_in_the_way_is_quoted_in_one_line(backend: Backend) -> None:
    page = b"<html>\r\n<body>\r\n<h1>502 Bad Gateway</h1>\r\n" + b"<!-- padding -->\r\n" * 50
    with FaultServer(respond(502, page, "text/html")) as server:
        with backend(server.url, max_retries=0) as driver, pytest.raises(InternalServerError) as caught:
            driver.list()
    assert "502 Bad Gateway: <html> <body> <h1>502 Bad Gateway</h1> <!--" in str(caught.value)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 400
    assert caught.value.text == page.decode()


@all_backends
@pytest.mark.parametrize("status", [201, 202, 203, 204, 205, 206, 299])
def test_another_success_than_the_documented_one_is_no_success(backend: Backend, status: int) -> None:
    with FaultServer(respond(status, b"" if status in {204, 205} else faults.TWO_CREDITS)) as server:
        with backend(server.url) as driver, pytest.raises(APIResponseValidationError) as caught:
            driver.list()
    assert caught.value.status_code == status
    assert "expected a documented status (200), got " + str(status) in str(caught.value)


@all_backends
def test_a_success_that_http_does_not_know_is_no_success_even_where_any_is_documented(backend: Backend) -> None:
    request = APIRequest("GET", "/v1/credits", None, {"2XX": json_body(anything)})
    with FaultServer(respond(299, b"{}"), respond(203, b"{}")) as server, backend(server.url) as driver:
        with pytest.raises(APIResponseValidationError, match=r"expected a documented status \(2XX\), got 299"):
            driver.send(request)
        assert driver.send(request).status_code.phrase == "Non-Authoritative Information"


ODD_ERROR_BODIES: dict[str, tuple[Any, ...]] = {
    "empty": (b"", "application/json"),
    "another-shape": (b'[{"error":{"code":7}}]', "application/json"),
    "no-json": (b"{oops", "application/json"),
    "null": (b"null", "application/json"),
    "not-utf-8": (b"\xff\xfe\x80 broken", "text/plain; charset=utf-8"),
    "unknown-charset": (b"words", "text/plain; charset=klingon"),
    "deep": (b"[" * 60_000, "application/json"),
    "megabyte": (b"a" * 2**20, "text/plain"),
    "gzip-that-is-none": (b"not compressed", "text/plain", "Content-Encoding: gzip"),
    "unknown-encoding": (b"not compressed", "text/plain", "Content-Encoding: nonsense"),
    "control-characters": (b"one\x00two\x1b[31m\r\nthree\x7f\xc2\x85\xe2\x80\xa8\xe2\x80\xaefour", "text/plain"),
}


@all_backends
@pytest.mark.parametrize("name", ODD_ERROR_BODIES)
@pytest.mark.parametrize("status", [401, 500])
def test_an_odd_error_body_is_still_an_error_of_its_status_in_one_line(
    backend: Backend, name: str, status: int
) -> None:
    with FaultServer(respond(status, *ODD_ERROR_BODIES[name])) as server:
        with backend(server.url, max_retries=0) as driver, pytest.raises(KINDS[status]) as caught:
            driver.list()
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 500
    assert len(caught.value.text) <= 64 * 1024


@all_backends
def test_an_error_body_that_is_cut_off_is_still_an_error_of_its_status(backend: Backend) -> None:
    cut = faults.raw(faults.head(401, "Content-Type: application/json", "Content-Length: 100") + b'{"error":"Unau')
    with FaultServer(cut) as server, backend(server.url) as driver:
        with pytest.raises(AuthenticationError) as caught:
            driver.list()
        assert len(server.requests) == 1
    assert caught.value.text == '{"error":"Unau'


@all_backends
@pytest.mark.parametrize("fault", [faults.drip_error_body, faults.stall_in_error_body])
@pytest.mark.parametrize("limits", [{"timeout": 0.2, "deadline": 0.5}, {"deadline": 0.3}])
def test_an_error_body_that_does_not_come_in_time_is_still_an_error_of_its_status(
    backend: Backend, fault: faults.Fault, limits: dict[str, Any]
) -> None:
    with FaultServer(fault) as server, backend(server.url, **limits) as driver, assert_duration(at_most=1.5):
        with pytest.raises(AuthenticationError) as caught:
            driver.list()
        assert len(server.requests) == 1
    assert caught.value.text.strip() == '{"error":"Unau'


@all_backends
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_the_same_origin_is_followed(backend: Backend, status: int) -> None:
    with FaultServer(redirect("/v1/credits/?again=1", status), ok) as server, backend(server.url) as driver:
        assert driver.list().total_remaining_credits == 1391
        second = ReceivedRequest.of(server.requests[1])
        assert (second.path, second.query) == ("/v1/credits/", [("again", "1")])
        assert second.headers["authorization"] == f"Bearer {KEY}"


@all_backends
def test_to_follow_a_redirect_is_not_to_try_again(backend: Backend) -> None:
    with FaultServer(redirect("/v1/credits/"), text(503), ok) as server, backend(server.url, max_retries=1) as driver:
        assert driver.list().total_remaining_credits == 1391
        assert len(server.requests) == 3


@all_backends
def test_an_error_counts_no_redirect_among_the_attempts(backend: Backend) -> None:
    with FaultServer(redirect("/v1/credits/"), text(401)) as server, backend(server.url) as driver:
        with pytest.raises(AuthenticationError) as caught:
            driver.list()
    assert (len(server.requests), caught.value.attempts) == (2, 1)


@all_backends
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_another_port_is_not_followed(backend: Backend, status: int) -> None:
    with FaultServer(ok) as other, FaultServer(redirect(f"{other.url}/v1/credits", status)) as server:
        with backend(server.url) as driver, pytest.raises(APIStatusError) as caught:
            driver.list()
        assert (len(server.requests), other.connections) == (1, 0)
    assert caught.value.status_code == status
    assert f"a redirect to '{other.url}/v1/credits', which is not followed; check `base_url`" in str(caught.value)


ELSEWHERE = [
    "http://localhost:{port}/v1/credits",
    "https://127.0.0.1:{port}/v1/credits",
    "//other.invalid/v1/credits",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "data:application/json,{{}}",
    "http://[oops",
    ":http://[a",
    "http://[::1",
    "http://user:password@other.invalid/",
    "//user:password@127.0.0.1:{port}/v1/credits",
    "\\\\other.invalid\\share",
    "http://127.0.0.1:{port}.other.invalid/",
    "http://127.0.0.1:{port}@other.invalid/",
]


@all_backends
@pytest.mark.parametrize("location", ELSEWHERE, ids=lambda location: repr(location[:40]))
def test_a_redirect_anywhere_else_or_with_a_password_sends_nothing_there(backend: Backend, location: str) -> None:
    def fault(connection: faults.Connection) -> None:
        redirect(location.format(port=server.port))(connection)

    with FaultServer(fault) as server, backend(server.url) as driver, pytest.raises(APIStatusError) as caught:
        driver.list()
    assert (caught.value.status_code, server.connections) == (302, 1)
    assert {ReceivedRequest.of(request).headers["authorization"] for request in server.requests} == {f"Bearer {KEY}"}
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 500


@all_backends
def test_a_redirect_from_https_to_http_is_not_followed(backend: Backend) -> None:
    with trusted(), FaultServer(ok) as plain, FaultServer(redirect(plain.url), tls=serving()) as server:
        with backend(server.url) as driver, pytest.raises(APIStatusError, match="which is not followed"):
            driver.list()
        assert plain.connections == 0


@all_backends
def test_a_loop_of_redirects_ends(backend: Backend) -> None:
    with FaultServer(redirect("/v1/credits")) as server, backend(server.url) as driver:
        with pytest.raises(APIStatusError, match=r"more than 5 redirects; check `base_url`$"):
            driver.list()
        assert len(server.requests) == 6


@all_backends
def test_a_redirect_without_a_location_is_an_error(backend: Backend) -> None:
    with (
        FaultServer(text(302)) as server,
        backend(server.url) as driver,
        pytest.raises(APIStatusError, match="302 Found"),
    ):
        driver.list()
