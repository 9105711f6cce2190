"""What errors say about a failure to get a response, and what to do about it; and whose error it is."""

from __future__ import annotations

import socket
import ssl
import traceback
from collections.abc import Callable

import aiohttp
import httpx
import pytest
import socksio
from stablecog_client import APIConnectionError, AuthenticationError, Client, UsageError
from stablecog_client._runtime import failures

from tests.support.script import LIST, OK, URL, Reply, ScriptedClient

Script = Callable[..., ScriptedClient]

NETWORK = "check the network, the server and `base_url`"


def caused_by(error: Exception, *causes: Exception) -> Exception:
    """An error with a chain of causes, as HTTP libraries raise them."""
    for effect, cause in zip([error, *causes], causes, strict=False):
        effect.__cause__ = effect.__context__ = cause
    return error


VERIFY_FAILED = "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed"


def untrusted(code: int) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, VERIFY_FAILED)
    error.verify_code = code
    return error


UNTRUSTED = "the certificate is not trusted: set SSL_CERT_FILE if it is your company's, or check `base_url`"
OTHER_SERVER = "the certificate is for another server: check `base_url` and proxies"
NOT_NOW = "the certificate is not valid now: check this machine's clock, or tell whoever runs the server"
NO_TLS = "the server does not speak TLS there: check scheme and port of `base_url`"
OTHER_TLS = "the TLS handshake failed: check `base_url`, proxies, and whether the server wants a client certificate"
PROXY = "check the proxy (from `http_client`), the server and `base_url`"

CASES = [
    (httpx.ReadError("It went wrong."), "It went wrong", NETWORK),
    (httpx.ReadError(""), "ReadError", NETWORK),
    (httpx.ReadError("one\ntwo\x1b[31m"), "one two [31m", NETWORK),
    (caused_by(httpx.ReadError(""), Exception("the reason")), "the reason", NETWORK),
    (caused_by(httpx.ReadError("words"), Exception("other words")), "words", NETWORK),
    (caused_by(httpx.ReadError("words"), OSError(113, "No route to host")), "No route to host", NETWORK),
    (
        caused_by(httpx.ConnectError("words"), OSError("Multiple exceptions"), OSError(113, "No route to host")),
        "No route to host",
        NETWORK,
    ),
    (caused_by(httpx.ConnectError("all failed"), ConnectionRefusedError(111, "No")), "connection refused", NETWORK),
    (
        caused_by(httpx.ConnectError("[Errno -2] Name"), socket.gaierror(-2, "Name or service not known")),
        "cannot resolve api.example.com",
        NETWORK,
    ),
    (httpx.ProxyError("407 Proxy Authentication Required"), "407 Proxy Authentication Required", PROXY),
    *(
        (caused_by(httpx.ConnectError("x"), untrusted(code)), VERIFY_FAILED, advice)
        for code, advice in {9: NOT_NOW, 10: NOT_NOW, 62: OTHER_SERVER, 64: OTHER_SERVER, 20: UNTRUSTED}.items()
    ),
    *(
        (caused_by(httpx.ConnectError("x"), ssl.SSLError(1, said)), said, advice)
        for said, advice in {
            "[SSL] wrong version number": NO_TLS,
            "[SSL] tlsv13 ALERT certificate": OTHER_TLS,
            "[SSL] Unsupported protocol": OTHER_TLS,
        }.items()
    ),
]


def test_failure_has_reason_and_advice(script: Script) -> None:
    """What the operating system says is plainer than what libraries make of it."""
    lines: dict[Exception, str] = {}
    for error, _, _ in CASES:
        with pytest.raises(APIConnectionError) as caught:
            script(error, max_retries=0).list()
        assert caught.value.__cause__ is error
        lines[error] = str(caught.value)
    assert lines == {error: f"{LIST}: no response: {said}; {advice}" for error, said, advice in CASES}


def test_known_proxy_is_named(script: Script) -> None:
    """In the advice, and as what cannot be resolved."""
    unresolved = caused_by(httpx.ConnectError("x"), socket.gaierror(-2, "Name or service not known"))
    client = script(unresolved, max_retries=0)
    client.state.proxy = "proxy.example:3128"
    with pytest.raises(APIConnectionError) as caught:
        client.list()
    assert caught.value.message == "no response: cannot resolve proxy.example:3128; " + PROXY.replace(
        "the proxy", "the proxy proxy.example:3128"
    )


def test_untrusted_certificate_is_not_retried(script: Script) -> None:
    """A handshake that fails otherwise is."""
    for cause, attempts in (untrusted(20), 1), (ssl.SSLError(1, "[SSL] wrong version number"), 6):
        with pytest.raises(APIConnectionError) as caught:
            script(caused_by(httpx.ConnectError("x"), cause)).list()
        assert caught.value.attempts == attempts


LINES = {
    "": "",
    " a\r\n\tb\x00c\u2028d ": "a b c d",
    "x" * 200: "x" * 200,
    "x" * 201: "x" * 197 + "...",
    "a" + " " * 498 + "bc": "a b",  # no more than 500 characters are looked at
}


def test_text_becomes_one_short_line() -> None:
    """Without control characters."""
    assert {text: failures.one_line(text) for text in LINES} == LINES


def test_frames_of_the_caller_are_kept() -> None:
    """Those of its hooks and transports; those of HTTP libraries, which hold requests, are not."""

    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError("gone")

    error = APIConnectionError("no response")
    with httpx.Client(transport=httpx.MockTransport(fail)) as http_client:
        try:
            http_client.get(URL)
        except httpx.ReadError as cause:
            error.__cause__ = cause
    assert error.__cause__ is not None
    failures.without_secrets(error, None, str)
    frames = [frame.name for frame in traceback.extract_tb(error.__cause__.__traceback__)]
    assert frames == ["test_frames_of_the_caller_are_kept", "fail"]


def test_errors_of_aiohttp_are_dropped() -> None:
    """They hold the request; the error of httpx that they led to says the same."""
    error, cause, other = APIConnectionError("no response"), httpx.ReadError("gone"), OSError("Broken pipe")
    error.__cause__, cause.__cause__, cause.__context__ = cause, aiohttp.ClientError("gone"), other
    failures.without_secrets(error, None, str)
    assert error.__cause__ is cause
    assert [cause.__cause__, cause.__context__] == [None, other]


def test_causes_are_found_once() -> None:
    """Also in a loop, and without the exception that the caller was handling."""
    first, second, third, active = (ValueError(number) for number in range(4))
    first.__cause__, first.__context__ = second, active
    second.__context__, third.__context__ = third, first
    assert failures.causes_of(first, active) == [first, second, third]
    assert failures.causes_of(first, None) == [first, second, active, third]


def error_of(request: httpx.Request, status: int = 401, body: bytes = b"Oops.") -> httpx.HTTPStatusError:
    return httpx.HTTPStatusError("Client error", request=request, response=httpx.Response(status, content=body))


def test_status_error_of_hook_is_the_response(script: Script) -> None:
    """An event hook that raises for the status does not hide it."""

    def raise_for_status(request: httpx.Request) -> Reply:
        raise error_of(request)

    client = script(raise_for_status)
    with pytest.raises(AuthenticationError) as caught:
        client.list()
    assert caught.value.text == "Oops."

    def raise_before_the_body_is_read(request: httpx.Request) -> Reply:
        unread = httpx.Response(401, content=iter([b"Oops."]))
        raise httpx.HTTPStatusError("Client error", request=request, response=unread)

    with pytest.raises(AuthenticationError) as caught:
        script(raise_before_the_body_is_read).list()
    assert caught.value.text == ""
    assert client.state.rate_limit._in_flight == 0


def test_error_of_another_request_is_foreign(script: Script) -> None:
    """An event hook that makes a request of its own gets its own error."""
    other = httpx.Request("GET", "https://other.example")
    for error in error_of(other), httpx.ReadError("gone", request=other), httpx.ConnectTimeout("", request=other):

        def fail(request: httpx.Request, error: Exception = error) -> Reply:
            raise error

        client = script(fail, OK)
        with pytest.raises(type(error)) as caught:
            client.list()
        assert caught.value is error
        assert (len(client.requests), client.state.rate_limit._in_flight) == (1, 0)


def test_error_of_own_request_is_ours(script: Script) -> None:
    """With and without the request in it."""

    def fail(request: httpx.Request) -> Reply:
        raise httpx.ReadError("gone", request=request)

    for event in fail, httpx.ReadError("gone"), TimeoutError():
        client = script(event, OK)
        assert client.list().total_remaining_credits == 1391
        assert str(client.requests[1].url) == f"{URL}/v1/credits"


def test_error_with_another_calls_request_is_ours(script: Script) -> None:
    """A test double may raise one error in many threads, in which httpx sets the request of the last of them."""
    other = script(OK)
    other.list()
    with pytest.raises(APIConnectionError):
        script(httpx.ConnectError("", request=other.requests[0]), max_retries=0).list()


def test_timeout_is_called_so_by_each_library(script: Script, caplog: pytest.LogCaptureFixture) -> None:
    """Not by how it cancels what takes too long."""
    caplog.set_level("INFO", "stablecog_client")
    for said in "Cancelled via cancel scope 7fc1; reason: deadline exceeded", "cancelled due to deadline", "timed out":
        script(httpx.ReadTimeout(said), OK, max_retries=1).list()
        assert "attempt 1 failed: timed out; retrying" in caplog.messages[-1]


def test_usage_error_is_not_redacted() -> None:
    """It quotes nothing that a server sent, and a short key would be found in many words."""
    client = Client("e")
    client.close()
    with pytest.raises(UsageError) as caught:
        client.credits.list()
    assert caught.value.args == ("the client is closed; make a new one",)


def test_shown_url_has_no_secrets() -> None:
    """Neither user, password, query nor fragment."""
    url = httpx.URL("https://user:password@a.example:444/path?key=1#part")
    assert failures.url_without_secrets(url) == "https://a.example:444/path"


def test_tls_signal_alone_is_described(script: Script) -> None:
    """A transport of the caller's may raise it."""
    with pytest.raises(APIConnectionError, match="no response: "):
        script(ssl.SSLWantReadError(2, "wants to read"), max_retries=0).list()


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (httpx.PoolTimeout, "pool"),
        (httpx.ConnectTimeout, "connect"),
        (httpx.WriteTimeout, "write"),
        (httpx.ReadTimeout, "read"),
    ],
)
def test_timeout_is_that_of_the_operation(script: Script, error: type[Exception], name: str) -> None:
    """The seconds in the error are those of the operation that took too long."""
    http_client = httpx.Client(timeout=httpx.Timeout(10, **{name: 7}))
    with pytest.raises(APIConnectionError, match="within the timeout of 7 s"):
        script(error("x"), max_retries=0, http_client=http_client).list()


def test_words_of_other_libraries_are_plain(script: Script) -> None:
    """Of h11, for one, which writes a sentence of its own."""
    with pytest.raises(APIConnectionError) as caught:
        script(httpx.RemoteProtocolError("Server disconnected without sending a response."), max_retries=0).list()
    assert str(caught.value) == f"{LIST}: no response: the server closed the connection without a response; {NETWORK}"


def test_response_that_a_double_lacks_is_foreign(script: Script) -> None:
    """pytest-httpx calls that a timeout; a timeout is none."""
    lacking = httpx.TimeoutException("No response can be found for GET request on /")
    assert failures.is_unmatched(lacking)
    assert not failures.is_unmatched(httpx.TimeoutException("timed out"))
    assert not failures.is_unmatched(httpx.ReadTimeout("No response can be found for GET request on /"))
    with pytest.raises(httpx.TimeoutException) as caught:
        script(lacking).list()
    assert caught.value is lacking


def test_error_that_httpx_lets_through_is_mapped() -> None:
    """Of socksio, of aiohttp, and of Python when it exits; no other."""
    mapped = {
        error: failures.transport_error_for(error)
        for error in (
            socksio.ProtocolError("Malformed reply"),
            aiohttp.ServerDisconnectedError("gone"),
            RuntimeError("cannot schedule new futures after shutdown"),
            RuntimeError("can't create new thread at interpreter shutdown"),
            RuntimeError("shutdown of the caller's"),
            OSError("after shutdown"),
        )
    }
    assert [(type(error), str(error)) for error in mapped.values()] == [
        (httpx.ProxyError, "the proxy did not send a valid SOCKS response"),
        (httpx.RemoteProtocolError, "gone"),
        (httpx.ConnectError, "cannot schedule new futures after shutdown"),
        (httpx.ConnectError, "can't create new thread at interpreter shutdown"),
        (type(None), "None"),
        (type(None), "None"),
    ]


def test_causes_that_say_nothing_are_left_out() -> None:
    """Signals of TLS, and aiohttp's wrappers of what the system said."""
    system = OSError(113, "No route to host")
    error = caused_by(httpx.ReadError(""), ssl.SSLWantReadError(), aiohttp.ClientOSError(), system)
    assert failures.informative_causes_of(error, None) == [error, system]
