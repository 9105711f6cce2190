"""Statuses other than the documented success, and redirects: which error follows, and what it says."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import httpx
import pytest
from stablecog_client import (
    APIConnectionError,
    APIResponseValidationError,
    APIStatusError,
    AuthenticationError,
    ErrorResponse,
    InternalServerError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
)
from stablecog_client._runtime.api_request import APIRequest
from stablecog_client._runtime.bodies import json_body, text_body
from stablecog_client._runtime.codec import anything, boolean, integer, string

from tests.support.drivers import post_request
from tests.support.faults import KEY, TWO_CREDITS
from tests.support.script import GET_CREDITS, LIST, OK, URL, Reply, ScriptedClient, redirect, text

Script = Callable[..., ScriptedClient]

RETRIED = [408, 429, 500, 502, 503, 504, 599, 600, 999]
FINAL = [100, 199, 304, 400, 401, 402, 403, 404, 405, 407, 409, 418, 422, 428, 430, 499, 511]
ERRORS: dict[int, type[APIStatusError]] = {
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    429: RateLimitError,
    **dict.fromkeys([500, 502, 503, 504, 511, 599, 600, 999], InternalServerError),
}


def status_error(client: ScriptedClient) -> APIStatusError:
    with pytest.raises(APIStatusError) as caught:
        client.list()
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 500
    return caught.value


def test_temporary_status_is_retried(script: Script) -> None:
    """A status that may pass is retried until it does."""
    client = script(text(503), OK)
    assert client.list().total_remaining_credits == 1391
    assert (len(client.requests), client.waits) == (2, [0.1])


def test_lasting_status_is_error_of_its_class(script: Script) -> None:
    """A status that stays is an error of its class, after as many attempts as it deserves."""
    errors = {status: status_error(script(text(status), max_retries=2)) for status in [*RETRIED, *FINAL]}
    expected = {status: (ERRORS.get(status, APIStatusError), 3 if status in RETRIED else 1) for status in errors}
    assert {status: (type(error), error.attempts) for status, error in errors.items()} == expected
    assert all(status == error.status_code for status, error in errors.items())


def test_error_has_what_the_server_sent(script: Script) -> None:
    """And the request that it answered."""
    client = script(text(503, "Words of the server.\n"), max_retries=2)
    error = status_error(client)
    assert (error.status_code, error.text) == (503, "Words of the server.\n")
    assert error.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert (error.method, error.url) == ("GET", f"{URL}/v1/credits")
    assert error.attempts == len(client.requests) == 3
    assert str(error).startswith(f"{LIST}: 503 Service Unavailable: Words of the server; ")
    assert str(error).endswith(" (tried 3 times)")


LINES = {
    100: "Continue: Oops; check `base_url`",
    199: "Unknown Status: Oops; check `base_url`",
    304: "Not Modified: Oops; check `base_url`",
    400: "Bad Request: Oops; the server rejected the request: correct the arguments",
    401: "Unauthorized: Oops; check the API key: it is unknown or switched off",
    402: "Payment Required: Oops; the account may lack credits: check what it has left",
    403: "Forbidden: Oops; the API key lacks this permission: check what it may do",
    404: "Not Found: Oops; there is no such path or resource: check `base_url` and the arguments",
    408: "Request Timeout: Oops; the server waited too long for the request: try again later; "
    "the server asks to wait 90 s",
    418: "I'm a Teapot: Oops; the server rejected the request: correct the arguments",
    428: "Precondition Required: Oops; the server could not check the rate limit: try again later",
    429: "Too Many Requests: Oops; make fewer calls, or try again later; the server asks to wait 90 s",
    500: "Internal Server Error: Oops; the server failed: try again later; the server asks to wait 90 s",
    502: "Bad Gateway: Oops; the server failed: try again later; the server asks to wait 90 s",
    511: "Network Authentication Required: Oops; log in to this network",
    599: "Unknown Status: Oops; the server failed: try again later; the server asks to wait 90 s",
    999: "Unknown Status: Oops; the server failed: try again later; the server asks to wait 90 s",
}


def test_line_says_what_happened_and_what_to_do(script: Script) -> None:
    """The line has the status, the server's words and the advice."""
    lines: dict[int, str] = {}
    for status, line in LINES.items():
        asks = [("Retry-After", "90")] if "90 s" in line else []
        lines[status] = str(status_error(script(text(status, "Oops.", *asks))))
    assert lines == {status: f"{LIST}: {status} {line}" for status, line in LINES.items()}


def test_html_in_place_of_api_points_to_proxy(script: Script) -> None:
    """A page where the API has none may come from something in between."""
    for status, content_type in (404, "text/html"), (499, "text/html; charset=utf-8"):
        error = status_error(script(Reply(status, b"<h1>Blocked</h1>", content_type)))
        assert ": <h1>Blocked</h1>; a proxy or another server may have answered: check `base_url`" in str(error)
        assert error.body is None  # not the documented text
    assert status_error(script(Reply(404, b"404 page not found", "text/html"))).body == "404 page not found"


def test_html_of_failing_server_is_its_own(script: Script) -> None:
    """A server that fails may send a page itself."""
    error = status_error(script(Reply(500, b"<h1>Oops</h1>", "text/html"), max_retries=0))
    assert str(error).endswith(": <h1>Oops</h1>; the server failed: try again later")


def test_error_needs_no_content_type(script: Script) -> None:
    """An error needs no media type."""
    error = status_error(script(Reply(401, b"Oops.", "")))
    assert "401 Unauthorized: Oops; check the API key" in str(error)


def test_long_page_is_quoted_in_one_short_line(script: Script) -> None:
    """A page of a proxy is quoted from its start, without line breaks."""
    page = b"<html>\r\n<body>\r\n<h1>502 Bad Gateway</h1>\r\n" + b"<!-- padding -->\r\n" * 50
    error = status_error(script(Reply(502, page, "text/html"), max_retries=0))
    assert "502 Bad Gateway: <html> <body> <h1>502 Bad Gateway</h1> <!--" in str(error)
    assert len(str(error)) < 400
    assert error.text == page.decode()


def test_undocumented_success_is_refused(script: Script) -> None:
    """A success that the API description does not name is none."""
    for status in 201, 299:
        with pytest.raises(APIResponseValidationError) as caught:
            script(Reply(status)).list()
        assert (caught.value.status_code, caught.value.attempts) == (status, 1)
        assert "the API description documents only 200" in str(caught.value)
        assert (caught.value.expected, caught.value.got) == ("200", str(status))
    with pytest.raises(APIResponseValidationError, match="the API description documents only no success"):
        script(Reply(200)).send(APIRequest[None]("GET", "/", None, {}))


def test_success_unknown_to_http_is_refused(script: Script) -> None:
    """A status without a phrase is no success, even where any 2xx is documented."""
    request = APIRequest("GET", "/v1/credits", None, {"2XX": json_body(anything)})
    client = script(Reply(299, b"{}"), Reply(203, b"{}"))
    with pytest.raises(APIResponseValidationError, match="299 Unknown Status, but it is not a standard status"):
        client.send(request)
    assert client.send(request).status_code.phrase == "Non-Authoritative Information"


def test_documented_error_body_is_parsed(script: Script) -> None:
    """An error carries the documented model of its body, or None if the body is something else."""
    body = b'{"error":"Unauthorized"}'
    assert status_error(script(Reply(401, body))).body == ErrorResponse(error="Unauthorized")
    for other in Reply(401, b"Oops"), Reply(401, b"[]"), Reply(403, body):
        assert status_error(script(other)).body is None


ODD_BODIES: dict[str, Reply] = {
    "another-shape": Reply(401, b'[{"error":{"code":7}}]'),
    "no-json": Reply(401, b"{oops"),
    "not-utf-8": Reply(401, b"\xff\xfe\x80 broken", "text/plain; charset=utf-8"),
    "deep": Reply(401, b'{"a":' * 12_000),
    "megabyte": Reply(401, b"a" * 2**20, "text/plain"),
    "gzip-that-is-none": Reply(401, b"not compressed", "text/plain", (("Content-Encoding", "gzip"),)),
    "control": Reply(401, b"one\x00two\x1b[31m\r\nthree\x7f\xc2\x85\xe2\x80\xa8\xe2\x80\xaefour", "text/plain"),
}


@pytest.mark.parametrize("name", ODD_BODIES)
def test_odd_error_body_keeps_the_status(script: Script, name: str) -> None:
    """Whatever an error's body is, the error has its status and one line."""
    error = status_error(script(ODD_BODIES[name]))
    assert type(error) is AuthenticationError
    assert len(error.text) <= 64 * 1024


def test_undecodable_characters_of_an_error_are_replaced(script: Script) -> None:
    """By its charset, or by UTF-8 if that is unknown."""
    for charset, expected in ("ascii", "caf\ufffd \ufffd\ufffd"), ("punycode", "caf\ufffd é"):
        assert status_error(script(Reply(401, b"caf\xe9 \xc3\xa9", f"text/plain; charset={charset}"))).text == expected


def test_line_of_error_without_words(script: Script) -> None:
    """It has the status and the advice."""
    error = status_error(script(Reply(401, b"")))
    assert str(error) == f"{LIST}: 401 Unauthorized; check the API key: it is unknown or switched off"


def test_words_of_the_status_are_said_once(script: Script) -> None:
    """Where the server says no more than the status does."""
    error = status_error(script(Reply(401, b'{"error":"Unauthorized"}')))
    assert str(error) == f"{LIST}: 401 Unauthorized; check the API key: it is unknown or switched off"


def test_documented_error_is_found_by_status() -> None:
    """By the status itself, then by its range, then by default."""
    errors = {"404": text_body(string), "4XX": json_body(integer), "default": json_body(boolean)}
    request = APIRequest[None]("GET", "/", None, {}, lambda: errors)
    found = {(status, body): request.parse_error(status, body) for status in (404, 499, 500) for body in ("1", "true")}
    assert found == {
        **{(404, "1"): "1", (404, "true"): "true", (499, "1"): 1, (499, "true"): None},
        **{(500, "1"): None, (500, "true"): True},
    }
    assert APIRequest[None]("GET", "/", None, {}).parse_error(404, "1") is None


def test_server_messages_of_known_shapes(script: Script) -> None:
    """The line has the messages of a JSON error, wherever it has them."""
    for body, said in {
        b'{"error":"Oops","description":"More."}': "Oops: More",
        b'{"error":{"message":"Inner."}}': "Inner",
        b'{"error":{"message":"Inner"},"detail":"Outer"}': "Inner: Outer",
        b"FOX.": "FOX",
        b'\n {"title":"Oops","detail":"More"}': "More: Oops",
        b"<html><head><TITLE>Bad\n Gateway</TITLE></head>": "Bad Gateway",
        b"<title></title><p>Oops</p>": "<title></title><p>Oops</p>",
        b'{"code":7}': '{"code":7}',
    }.items():
        assert f"400 Bad Request: {said}; the server rejected" in str(status_error(script(Reply(400, body))))


def test_truncated_error_keeps_its_status(script: Script) -> None:
    """An error whose body is cut short is reported with what came of it."""
    error = status_error(script(Reply(401, b'{"error":"Unau', truncated_by=httpx.ReadError("cut"))))
    assert (type(error), error.text, error.attempts) == (AuthenticationError, '{"error":"Unau', 1)


def test_truncated_success_is_retried(script: Script) -> None:
    """A success whose body is cut short is none."""
    for cause in httpx.ReadError("cut"), httpx.ReadTimeout("slow"):
        client = script(Reply(truncated_by=cause), OK)
        assert client.list().total_remaining_credits == 1391
        assert len(client.requests) == 2
        with pytest.raises(APIConnectionError, match=r"incomplete response: cut; |no complete response within"):
            script(Reply(truncated_by=cause), max_retries=0).list()


def test_headers_of_error_may_be_any_bytes(script: Script) -> None:
    """They are those of the response, and names are case-insensitive."""
    error = status_error(script(text(401, "Oops.", ("X-Odd", "\xe9"))))
    assert error.headers["x-odd"] == error.headers["X-ODD"] == "\xe9"


def test_gzip_error_body_is_decoded(script: Script) -> None:
    """An error's body may be compressed, as any other."""
    reply = Reply(401, gzip.compress(b"Oops."), "text/plain", (("Content-Encoding", "gzip"),))
    assert status_error(script(reply)).text == "Oops."


# Redirects


def test_redirect_to_same_origin_is_followed(script: Script) -> None:
    """The key goes along, and the redirect's query is kept."""
    client = script(redirect("/v1/credits/?again=1#part"), OK)
    assert client.list().total_remaining_credits == 1391
    assert str(client.requests[1].url) == f"{URL}/v1/credits/?again=1"
    assert client.requests[1].headers["authorization"] == f"Bearer {KEY}"
    assert client.waits == [0.0]


def test_redirect_is_no_attempt(script: Script) -> None:
    """Following a redirect counts neither among the retries nor among the attempts."""
    client = script(redirect("/v1/credits/"), text(503), OK, max_retries=1)
    assert client.list().total_remaining_credits == 1391
    assert client.waits == [0.0, 0.1]
    client = script(redirect("/v1/credits/"), text(401))
    assert status_error(client).attempts == 1
    assert len(client.requests) == 2


def test_close_during_a_request_is_told(script: Script) -> None:
    """httpx says RuntimeError then, which is the caller's where the client is open."""

    def close(request: httpx.Request) -> Reply:
        client.client.close()
        raise RuntimeError("Cannot send a request, as the client has been closed.")

    client = script(close)
    with pytest.raises(APIConnectionError, match="closed during the call"):
        client.list()
    with pytest.raises(RuntimeError, match="boom"):
        script(RuntimeError("boom")).list()


def test_redirect_of_a_closed_client_is_not_followed(script: Script) -> None:
    """The request that was redirected counts as an attempt."""

    def close(request: httpx.Request) -> Reply:
        client.client.close()
        return redirect("/v1/credits/")

    client = script(close)
    with pytest.raises(APIConnectionError, match="closed") as caught:
        client.list()
    assert (caught.value.attempts, len(client.requests)) == (1, 1)


ELSEWHERE = [
    "http://api.example.com/v1/credits",
    "https://api.example.com:444/v1/credits",
    "https://other.example/v1/credits",
    "//other.invalid/v1/credits",
    "https://api.example.com@other.invalid/",
    "data:application/json,{}",
    ":http://[a",
    "https://" + "a" * 70_000,
]


def test_redirect_elsewhere_is_not_followed(script: Script) -> None:
    """Nothing is sent to another origin, whatever the location is."""
    lines: dict[str, str] = {}
    for location in ELSEWHERE:
        client = script(redirect(location))
        error = status_error(client)
        assert (type(error), error.status_code, len(client.requests)) == (APIStatusError, 302, 1)
        lines[location] = error.message
    shown = {location: location if len(location) < 200 else location[:197] + "..." for location in ELSEWHERE}
    line = "302 Found: redirects to {!r}, which the client does not follow; check `base_url`"
    assert lines == {location: line.format(shown[location]) for location in ELSEWHERE}


def test_location_matters_for_3xx_alone(script: Script) -> None:
    """Other statuses are what they are."""
    for status in 300, 308, 399:
        assert script(redirect("/v1/credits/", status), OK).list().total_remaining_credits == 1391
    for status in 299, 400:
        client = script(redirect("/v1/credits/", status), OK)
        with pytest.raises((APIStatusError, APIResponseValidationError)):
            client.list()
        assert len(client.requests) == 1


def test_user_of_redirect_is_dropped(script: Script) -> None:
    """Credentials in a redirect to the same origin do not replace the key."""
    client = script(redirect(f"//user:password@{URL.removeprefix('https://')}/v1/credits"), OK)
    client.list()
    assert str(client.requests[1].url) == f"{URL}/v1/credits"
    assert client.requests[1].headers["authorization"] == f"Bearer {KEY}"


def test_redirects_end_after_five(script: Script) -> None:
    """Five redirects are followed."""
    client = script(redirect("/v1/credits"))
    assert str(status_error(client)).endswith(": more than 5 redirects; check `base_url`")
    assert len(client.requests) == 6
    assert script(*[redirect("/v1/credits")] * 5, OK).list().total_remaining_credits == 1391


def test_redirect_without_location_is_an_error(script: Script) -> None:
    """There is nowhere to go."""
    client = script(text(302), OK)
    assert status_error(client).status_code == 302
    assert len(client.requests) == 1


def test_redirect_of_unsafe_request_may_act(script: Script) -> None:
    """Servers answer a form with 301 to 303; 307 and 308 ask for the request elsewhere."""
    for status in 302, 303, 304, 307:
        client = script(redirect("/v1/credits", status), OK)
        with pytest.raises(
            APIStatusError, match="redirects to '/v1/credits', which the client does not follow"
        ) as caught:
            client.send(post_request())
        assert len(client.requests) == 1
        acted = "; the server may have acted on it: check before you send it again"
        assert str(caught.value).endswith(acted) == (status <= 303)


def test_redirected_error_has_its_body(script: Script) -> None:
    """An error about a redirect has what the server said."""
    error = status_error(script(redirect("https://other.example")))
    assert (error.text, error.headers["location"]) == ("Over there.", "https://other.example")


def test_success_after_redirect_is_decoded(script: Script) -> None:
    """The result is that of the last response."""
    response = script(redirect("/v1/credits/"), OK).send(GET_CREDITS)
    assert (response.content, response.parsed.total_remaining_credits) == (TWO_CREDITS, 1391)
