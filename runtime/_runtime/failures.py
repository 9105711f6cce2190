"""Texts of errors: what happened, in one line, and what to do about it.

Also removes from exceptions what may hold the API key: error trackers show the variables of frames.
"""

from __future__ import annotations

import json
import re
import socket
import ssl
import sys
from contextlib import suppress
from traceback import walk_tb
from types import FrameType, TracebackType
from typing import Any, cast

from ..errors import APIError, APIStatusError, UsageError, status_line
from .bodies import NOT_THE_API, RawResponse
from .client_base import OwnRequest
from .codec import mapping
from .http_library import CALLER_OF_HOOKS, LIBRARIES, httpx
from .redaction import Redact

Causes = list[BaseException]

# Packages and modules whose frames are not the caller's code.
_NETWORK_CODE = sys.stdlib_module_names | {
    *(__name__.partition(".")[0], *LIBRARIES, "aiohttp", "anyio", "h11", "httpx_aiohttp", "trio")
}

# Failures that a retry does not change.
_PERMANENT = (httpx.InvalidURL, httpx.LocalProtocolError, httpx.UnsupportedProtocol, ssl.SSLCertVerificationError)

# How the errors of a proxy that refuses a request begin: a 4xx status, or httpcore's text about SOCKS credentials.
_PROXY_REFUSALS = ("4", "Invalid username/password", "Requested ")

# Raised and handled in every TLS connection over a buffer, and so the context of later errors.
_TLS_WANTS = (ssl.SSLWantReadError, ssl.SSLWantWriteError)

_UNTRUSTED = "the certificate is not trusted: set SSL_CERT_FILE if it is your company's, or check `base_url`"
_OTHER_SERVER = "the certificate is for another server: check `base_url` and proxies"
_NO_TLS = "the server does not speak TLS there: check scheme and port of `base_url`"
_OTHER_TLS = "the TLS handshake failed: check `base_url`, proxies, and whether the server wants a client certificate"
_NOT_VALID_NOW = "the certificate is not valid now: check this machine's clock, or tell whoever runs the server"
# By OpenSSL's codes: not yet valid, expired, another host, another address.
_CERTIFICATE_ADVICE = {9: _NOT_VALID_NOW, 10: _NOT_VALID_NOW, 62: _OTHER_SERVER, 64: _OTHER_SERVER}

_STATUS_ADVICE = {
    400: "the server rejected the request: correct the arguments",
    401: "check the API key: it is unknown or switched off",
    402: "the account may lack credits: check what it has left",
    403: "the API key lacks this permission: check what it may do",
    404: "there is no such path or resource: check `base_url` and the arguments",
    407: "give user and password in the URL of the proxy",
    408: "the server waited too long for the request: try again later",
    428: "the server could not check the rate limit: try again later",
    429: "make fewer calls, or try again later",
    500: "the server failed: try again later",
    511: "log in to this network",
}


_ERRORS = {error.status_code: error for error in APIStatusError.__subclasses__()}

# Text of h11, which httpx passes on, as other transports word it.
_PLAINER = {"Server disconnected without sending a response.": "the server closed the connection without a response"}

# An error number before a text of the operating system, and a line of OpenSSL's source after one.
_NOISE = r"^\[Errno -?\d+\] | \(_ssl\.c:\d+\)$"

# How anyio and trio call a timeout.
_CANCELLED = ("Cancelled via cancel scope", "cancelled due to deadline")


def is_transient(causes: Causes) -> bool:
    """Return whether the next attempt may succeed."""
    refused_by_proxy = isinstance(causes[0], httpx.ProxyError) and str(causes[0]).startswith(_PROXY_REFUSALS)
    return not refused_by_proxy and not any(isinstance(cause, _PERMANENT) for cause in causes)


def is_callers_error(error: BaseException, *, is_closed: bool) -> bool:
    """Return whether an error is of the caller's event hook or test double, and must reach the caller unchanged."""
    if is_unmatched(error) or is_raised_by_hook(error):
        return True
    if isinstance(error, RuntimeError):
        return not is_closed  # httpx raises it when its client is closed
    with suppress(RuntimeError):  # the error has no request
        # Not only that of this call: an exception that a test double raises again and again may have another's.
        return isinstance(error, httpx.HTTPError) and not isinstance(error.request, OwnRequest)
    return False


def is_unmatched(error: BaseException) -> bool:
    """Return whether an error says that pytest-httpx has no response for a request, which it calls a timeout."""
    return type(error) is httpx.TimeoutException and str(error).startswith("No response can be found for")


def raised_by_signal_handler(error: BaseException, active: BaseException | None) -> BaseException | None:
    """Return what a signal handler raised during a request, which network code may take for a fault, or None."""
    import signal  # not at the top: most programs need neither it nor its start-up time

    handlers = {getattr(signal.getsignal(number), "__code__", None) for number in signal.valid_signals()}
    for cause in causes_of(error, active):
        if any(frame.f_code in handlers for frame, _ in walk_tb(cause.__traceback__)):
            return cause
    return None


def is_raised_by_hook(error: BaseException) -> bool:
    """Return whether an event hook itself raised an error, rather than a request that the hook made with a client."""
    frames = [frame for frame, _ in walk_tb(error.__traceback__) if _package_of(frame) in LIBRARIES]
    return bool(frames) and frames[-1].f_code.co_name == CALLER_OF_HOOKS


def describe(causes: Causes, host: str) -> str:
    """Describe a failure to get a response."""
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):  # each transport words it differently
        return "connection refused"
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return f"cannot resolve {host}"
    said = [cause for cause in causes if str(cause)]
    said_by_system = [cause for cause in said if isinstance(cause, OSError)]  # plainer than what libraries make of it
    text = str((said_by_system or said[:1])[-1]) if said else type(causes[0]).__name__
    if text.startswith(_CANCELLED):
        return "timed out"
    return re.sub(_NOISE, "", _PLAINER.get(text, text)).rstrip(".")


def advice(causes: Causes, proxy: str | None, proxy_source: str) -> str:
    """Return what the caller can do about a failure to get a response."""
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _CERTIFICATE_ADVICE.get(getattr(cause, "verify_code", 0), _UNTRUSTED)
        if isinstance(cause, ssl.SSLError):
            text = str(cause).lower()
            return _OTHER_TLS if "alert" in text or "unsupported" in text else _NO_TLS
    if proxy or any(isinstance(cause, httpx.ProxyError) for cause in causes):
        name = f"the proxy {proxy}" if proxy else "the proxy"
        return f"check {name} (from {proxy_source}), the server and `base_url`"
    return "check the network, the server and `base_url`"


def status_error(raw: RawResponse, message: str, body: Any = None, retry_after: float | None = None) -> APIStatusError:
    """Return an error of the class for a status."""
    status, headers = raw.status_code, raw.redacted_headers
    kind = _ERRORS.get(min(status, 500), APIStatusError)
    return kind(message, status_code=status, headers=headers, text=raw.text, body=body, retry_after=retry_after)


def status_message(status: int, content_type: str, text: str, retry_after: float | None) -> str:
    """Describe a response with a status that is not 2xx, and say what the caller can do about it."""
    message = status_line(status)
    said = server_message(text)
    if said not in message:
        message += f": {said}"
    message += f"; {status_advice(status, content_type)}"
    if retry_after:
        message += f"; the server asks to wait {retry_after:g} s"
    return message


def status_advice(status: int, content_type: str) -> str:
    """Return what the caller can do about a status."""
    if status < 500 and "html" in content_type.lower():
        return NOT_THE_API
    return _STATUS_ADVICE.get(status) or _STATUS_ADVICE.get(min(status // 100 * 100, 500), "check `base_url`")


def server_message(text: str) -> str:
    """Return what a server says about an error, in one line: the message in a JSON object, or else the text."""
    fields: dict[str, Any] = {}
    with suppress(ValueError, RecursionError):  # not an object: keep what was found so far
        fields = mapping(json.loads(text))
        fields |= mapping(fields.get("error"))
    messages = [fields.get(name) for name in ("error", "message", "detail", "title", "description")]
    text = ": ".join(message for message in messages if isinstance(message, str)) or text
    if not fields and (title := re.search(r"<title>([^<]+)", text, re.IGNORECASE)):  # of a page of HTML
        text = title[1]
    return one_line(text).rstrip(".")


def one_line(text: str) -> str:
    """Return a text in one line, shortened and without control characters."""
    words = " ".join("".join(c if c.isprintable() else " " for c in text[:500]).split())
    return words if len(words) <= 200 else words[:197] + "..."


def url_without_secrets(url: httpx.URL) -> str:
    """Return a URL as errors and logs show it."""
    return str(url.copy_with(username=None, password=None, query=None, fragment=None))


def causes_of(error: BaseException, active: BaseException | None) -> Causes:
    """Return an error and what led to it, without the exception that the caller was handling when it made the call."""
    found = [error]
    for seen in found:
        # If several addresses fail, anyio raises an exception group.
        group: Causes = list(cast("Any", seen).exceptions) if isinstance(seen, BaseExceptionGroup) else []
        for link in (seen.__cause__, seen.__context__, *group):
            if link is not None and link is not active and link not in found:
                found.append(link)
    return found


def informative_causes_of(error: BaseException, active: BaseException | None) -> Causes:
    """Return the causes without the internal signals of TLS and without aiohttp's wrappers."""
    causes = causes_of(error, active)
    return [c for c in causes if not isinstance(c, _TLS_WANTS) and not is_aiohttp_error(c)] or [error]


def without_secrets(error: BaseException, active: BaseException | None, redact: Redact) -> BaseException:
    """Remove, in place, frames of network code and requests from an error and what led to it; return the error.

    The key is redacted in errors of ours alone: the texts of other ones are the caller's.
    """
    for cause in causes_of(error, active):
        cause.__traceback__ = without_network_frames(cause.__traceback__)
        if cause is not error and isinstance(cause, httpx.HTTPError):
            cast("Any", cause).request = None
        if isinstance(error, APIError) and not isinstance(error, UsageError):
            cause.args = tuple(redact(arg) if isinstance(arg, str) else arg for arg in cause.args)
            for link in ("__cause__", "__context__"):
                if is_aiohttp_error(getattr(cause, link)):  # which holds the request
                    setattr(cause, link, None)
    return error


def is_aiohttp_error(error: BaseException | None) -> bool:
    """Return whether an error is one of aiohttp's, which hold the request."""
    aiohttp = sys.modules.get("aiohttp")
    return aiohttp is not None and isinstance(error, aiohttp.ClientError)


def transport_error_for(error: BaseException) -> httpx.TransportError | None:
    """Return the exception of httpx for an error of socksio, aiohttp or Python that httpx lets through, or None."""
    if is_raised_by_hook(error):
        return None
    socksio = sys.modules.get("socksio")
    if socksio is not None and isinstance(error, socksio.SOCKSError):
        return httpx.ProxyError("the proxy did not send a valid SOCKS response")
    if isinstance(error, RuntimeError) and str(error).endswith(("after shutdown", "interpreter shutdown")):
        return httpx.ConnectError(str(error))  # Python starts no thread any more, so the host cannot be resolved
    return httpx.RemoteProtocolError(str(error)) if is_aiohttp_error(error) else None


def without_network_frames(traceback: TracebackType | None) -> TracebackType | None:
    """Return a traceback with the frames of the caller's code alone: of its event hooks and transports."""
    kept: list[TracebackType] = []
    while traceback is not None:
        if _package_of(traceback.tb_frame) not in _NETWORK_CODE:
            kept.append(traceback)
        traceback = traceback.tb_next
    result: TracebackType | None = None
    for entry in reversed(kept):
        result = TracebackType(result, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    return result


def _package_of(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__")).partition(".")[0]
