"""Connections that fail: what passes is got through, what does not ends in one clear error."""

from __future__ import annotations

import datetime
import os
import signal
import ssl
import threading
import time
import traceback
from contextlib import ExitStack
from unittest.mock import patch

import httpx
import pytest
from stablecog_client import APIConnectionError, APIError, Client
from stablecog_client._runtime import environment, retries

from tests import faults
from tests.certificates import serving, trusted
from tests.drive import Way, every_way, posting
from tests.faults import KEY, FaultServer, free_port, ok
from tests.processes import needs_fork


def check_line(error: Exception, url: str, *parts: str) -> None:
    """The error is one line that names the request and has all these parts."""
    line = str(error)
    assert line.startswith(f"GET {url}/v1/credits: ")
    assert line.isprintable()
    for part in parts:
        assert part in line


@every_way
@pytest.mark.parametrize("fault", faults.BREAKING)
def test_a_connection_that_breaks_once_is_tried_again(way: Way, fault: faults.Fault) -> None:
    with FaultServer(fault, ok) as server, way(server.url) as caller:
        assert caller.list().total_remaining_credits == 1391
        assert len(server.requests) == 2


@every_way
@pytest.mark.parametrize("fault", faults.BREAKING)
def test_a_connection_that_breaks_for_good_is_an_error_that_says_how_often_it_was_tried(
    way: Way, fault: faults.Fault
) -> None:
    with FaultServer(fault) as server, way(server.url) as caller:
        with pytest.raises(APIConnectionError) as caught:
            caller.list()
        check_line(caught.value, server.url, " response: ", "check the network", "(tried 6 times)")
        assert caught.value.attempts == len(server.requests) == 6
        assert isinstance(caught.value.__cause__, httpx.HTTPError)
        assert " response: ReadError" not in str(caught.value)  # but what happened, in words


@every_way
def test_a_refused_connection_is_an_error_that_says_so(way: Way) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with way(url) as caller, pytest.raises(APIConnectionError) as caught:
        caller.list()
    advice = "check the network, the server and `base_url` (tried 6 times)"
    assert str(caught.value) == f"GET {url}/v1/credits: no response: connection refused; {advice}"
    assert isinstance(caught.value.__cause__, httpx.ConnectError)


@every_way
@pytest.mark.parametrize("fault", faults.BREAKING)
@pytest.mark.parametrize("kind", [RuntimeError, OSError, ssl.SSLCertVerificationError])
def test_what_the_caller_is_handling_when_it_calls_is_not_taken_for_the_cause(
    way: Way, fault: faults.Fault, kind: type[Exception]
) -> None:
    handled = kind("the disk is full", KEY)
    with FaultServer(fault, fault, fault, fault, ok) as server, way(server.url, max_retries=1) as caller:
        with pytest.raises(APIConnectionError) as alone:
            caller.list()
        try:
            raise handled
        except kind:
            with pytest.raises(APIConnectionError) as caught:
                caller.list()
    assert (caught.value.message, caught.value.attempts) == (alone.value.message, 2)
    assert (handled.args, handled.__traceback__ is None) == (("the disk is full", KEY), False)


@every_way
@pytest.mark.parametrize("fault", [faults.text(401), faults.text(200)])
def test_what_the_caller_is_handling_when_it_calls_is_told_along_with_the_error(way: Way, fault: faults.Fault) -> None:
    with FaultServer(fault) as server, way(server.url, max_retries=0) as caller:
        try:
            raise KeyError("the disk is full")
        except KeyError:
            with pytest.raises(APIError) as caught:
                caller.list()
    assert "KeyError: 'the disk is full'" in "".join(traceback.format_exception(caught.value))


@every_way
def test_a_refused_connection_is_told_as_such_whatever_the_caller_is_handling(way: Way) -> None:
    with way(f"http://127.0.0.1:{free_port()}", max_retries=1) as caller:
        try:
            raise RuntimeError("the disk is full")
        except RuntimeError:
            with pytest.raises(APIConnectionError, match=r"no response: connection refused; .* \(tried 2 times\)$"):
                caller.list()


@every_way
def test_a_server_that_comes_up_in_time_is_reached(way: Way) -> None:
    port = free_port()
    with ExitStack() as stack, way(f"http://127.0.0.1:{port}") as caller, patch.object(retries, "INITIAL_DELAY", 0.1):
        starts = threading.Timer(0.3, lambda: stack.enter_context(FaultServer(ok, port=port)))
        starts.start()
        assert caller.list().total_remaining_credits == 1391
        starts.join()


@every_way
def test_a_name_that_does_not_resolve_is_an_error_that_says_so(way: Way) -> None:
    with way("https://no-such-host.invalid", max_retries=1) as caller, pytest.raises(APIConnectionError) as caught:
        caller.list()
    check_line(
        caught.value,
        "https://no-such-host.invalid",
        "no response: cannot resolve no-such-host.invalid; ",
        "(tried 2 times)",
    )


@every_way
def test_a_connection_closed_while_idle_is_replaced(way: Way) -> None:
    with FaultServer(faults.ok_then_close_while_idle) as server, way(server.url) as caller:
        for _ in range(3):
            caller.list()
            time.sleep(0.02)  # for the close to arrive
        assert server.connections == 3


@every_way
@pytest.mark.parametrize("fault", [faults.close_before_first_byte, faults.reset_before_first_byte])
def test_a_connection_closed_at_the_moment_of_reuse_is_replaced(way: Way, fault: faults.Fault) -> None:
    with FaultServer(ok, fault, ok) as server, way(server.url) as caller:
        caller.list()
        assert caller.list().total_remaining_credits == 1391
        assert (len(server.requests), server.connections) == (3, 2)


@every_way
def test_a_certificate_of_a_trusted_issuer_is_accepted(way: Way) -> None:
    with trusted(), FaultServer(ok, tls=serving()) as server, way(server.url) as caller:
        assert caller.list().total_remaining_credits == 1391


@every_way
def test_a_certificate_of_an_unknown_issuer_is_refused_at_once(way: Way) -> None:
    with FaultServer(ok, tls=serving()) as server:
        check_refused_certificate(
            way, server, "not trusted: set SSL_CERT_FILE if it is your company's, or check `base_url`"
        )


@every_way
def test_a_certificate_for_another_host_is_refused_at_once(way: Way) -> None:
    with trusted(), FaultServer(ok, tls=serving("other.example")) as server:
        check_refused_certificate(way, server, "for another server: check `base_url` and proxies")


@every_way
def test_an_expired_certificate_is_refused_at_once(way: Way) -> None:
    yesterday = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
    with trusted(), FaultServer(ok, tls=serving(not_after=yesterday)) as server:
        advice = "not valid now: check this machine's clock, or tell whoever runs the server"
        check_refused_certificate(way, server, advice)


def check_refused_certificate(way: Way, server: FaultServer, advice: str) -> None:
    with way(server.url) as caller, pytest.raises(APIConnectionError) as caught:
        caller.list()
    check_line(caught.value, server.url, "certificate verify failed")
    assert str(caught.value).endswith(f"; the certificate is {advice}")
    assert caught.value.attempts == server.connections == 1
    assert server.requests == []


def test_where_no_thread_can_be_started_calls_do_without(monkeypatch: pytest.MonkeyPatch) -> None:
    """The trust store is loaded and the host is resolved in line, as at the interpreter's shutdown."""

    def start(thread: threading.Thread) -> None:
        if thread.name in {"trust store", "resolve", "connect"}:
            raise RuntimeError("can't start new thread")
        original(thread)

    original = threading.Thread.start
    monkeypatch.setattr(threading.Thread, "start", start)
    with trusted(), FaultServer(ok, tls=serving("localhost")) as server:
        with Client(KEY, base_url=f"https://localhost:{server.port}") as client:
            assert client.credits.list().total_remaining_credits == 1391


@every_way
def test_a_server_that_does_not_speak_tls_is_an_error_that_says_what_to_check(way: Way) -> None:
    with FaultServer(ok) as server:
        url = server.url.replace("http:", "https:")
        with way(url, max_retries=0) as caller, pytest.raises(APIConnectionError) as caught:
            caller.list()
    assert str(caught.value).endswith("; the server does not speak TLS there: check scheme and port of `base_url`")


@every_way
def test_a_server_that_asks_for_a_certificate_is_an_error_that_says_what_to_check(way: Way) -> None:
    tls = serving()
    tls.verify_mode = ssl.CERT_REQUIRED
    tls.maximum_version = ssl.TLSVersion.TLSv1_2  # which says so before a request is sent
    with trusted(), FaultServer(ok, tls=tls) as server, way(server.url, max_retries=0) as caller:
        with pytest.raises(
            APIConnectionError,
            match="the TLS handshake failed: check `base_url`, proxies, and whether the server wants",
        ):
            caller.list()


@needs_fork
def test_a_fork_while_the_trust_store_is_read_leaves_the_child_able_to_read_it() -> None:
    with vars(environment.trust_store)["_lock"].get():
        child = os.fork()
        if not child:
            signal.alarm(5)  # rather than wait for ever
            try:
                environment.trust_store.context()
                os._exit(0)
            finally:
                os._exit(1)
    assert os.waitpid(child, 0)[1] == 0


# Proxies


@every_way
def test_the_proxy_of_the_environment_is_asked_unless_it_is_not_for_this_server(
    way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FaultServer(ok) as proxy, FaultServer(ok) as server:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        with way(server.url, allow_http=True) as caller:  # else nothing goes beyond this machine
            caller.list()
        assert proxy.requests[0].startswith(f"GET {server.url}/v1/credits HTTP/1.1\r\n".encode())
        assert server.connections == 0
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        with way(server.url, allow_http=True) as caller:
            caller.list()
        assert (len(proxy.requests), len(server.requests)) == (1, 1)


@every_way
def test_a_proxy_that_is_down_is_an_error_that_names_the_proxy(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = f"127.0.0.1:{free_port()}"
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:secret@{proxy}")
    with way("https://api.stablecog.com") as caller, pytest.raises(APIConnectionError) as caught:
        caller.list()
    assert str(caught.value) == (
        "GET https://api.stablecog.com/v1/credits: no response: connection refused; "
        f"check the proxy {proxy} (from HTTPS_PROXY), the server and `base_url` (tried 6 times)"
    )


@every_way
def test_a_proxy_that_refuses_is_asked_once(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultServer(faults.raw(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        with way("https://api.stablecog.com") as caller, pytest.raises(APIConnectionError) as caught:
            caller.list()
        assert len(proxy.requests) == caught.value.attempts == 1
    assert "407 Proxy Authentication Required; check the proxy 127.0.0.1:" in str(caught.value)


@every_way
@pytest.mark.parametrize(("status", "tries"), [(407, 1), (503, 6)])
def test_an_unsafe_request_that_a_proxy_let_not_through_was_not_sent(
    way: Way, status: int, tries: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FaultServer(faults.raw(faults.head(status, "Content-Length: 0"))) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        with way("https://api.stablecog.com") as caller, pytest.raises(APIConnectionError) as caught:
            caller.send(posting())
        assert len(proxy.requests) == caught.value.attempts == tries
    assert "it may have been acted on" not in str(caught.value)


@every_way
def test_a_proxy_of_the_environment_is_not_sent_the_key_in_plain_text(
    way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FaultServer(ok) as proxy, FaultServer(ok) as server:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        with way(server.url) as caller:
            caller.list()
        assert (proxy.connections, len(server.requests)) == (0, 1)
