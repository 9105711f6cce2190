"""What goes wrong on the way: whether it may pass, how it is told in one line, and what the caller can do."""

from __future__ import annotations

from http import HTTPStatus

import httpx

from .decoding import NOT_THE_API

# Faults that will be there the next time, too.
_LASTING = frozenset(
    {"InvalidURL", "LocalProtocolError", "RuntimeError", "SSLCertVerificationError", "UnsupportedProtocol"}
)

_UNTRUSTED = "the certificate is not trusted: set SSL_CERT_FILE if it is your company's, or check `base_url`"
_OTHER_SERVER = "the certificate is another server's: check `base_url` and proxies"
_NO_TLS = "the server does not speak TLS there: check scheme and port of `base_url`"
_OTHER_TLS = "the TLS handshake failed: check `base_url`, proxies, and whether the server wants a client certificate"
_NOT_NOW = "the certificate is not valid now: check this machine's clock, or tell whoever runs the server"
# By OpenSSL's codes: not yet valid, expired, another host, another address.
_CERTIFICATE_ADVICE = {9: _NOT_NOW, 10: _NOT_NOW, 62: _OTHER_SERVER, 64: _OTHER_SERVER}

_STATUS_ADVICE = {
    100: "check `base_url`",
    300: "check `base_url`",
    400: "the server does not take the request as it is",
    401: "check the API key: it is unknown or switched off",
    403: "this API key may not do this",
    404: "the server knows no such path or thing: check `base_url` and what was asked for",
    408: "the server waited too long for the request, try again later",
    428: "the server could not look into the request: see what it says, or try again later",
    429: "make fewer calls, or try again later",
    500: "the server failed, try again later",
}


Causes = list[BaseException]


def causes(error: BaseException, handled: BaseException | None) -> Causes:
    """An error and all that led to it, but for the one that the caller was handling when it made the call."""
    found = [error]
    for seen in found:
        for link in (seen.__cause__, seen.__context__):
            if link is not None and link is not handled and link not in found:
                found.append(link)
    return found


def _kinds(causes: Causes) -> set[str]:
    """The names of the classes of an error and its causes: by them ssl need not be loaded."""
    return {type(cause).__name__ for cause in causes}


def may_pass(causes: Causes) -> bool:
    """Whether the next request may fare better."""
    refused_by_proxy = isinstance(causes[0], httpx.ProxyError) and str(causes[0]).startswith("4")
    return not refused_by_proxy and _LASTING.isdisjoint(_kinds(causes))


def told(causes: Causes) -> str:
    """What happened where no answer came."""
    if "ConnectionRefusedError" in _kinds(causes):  # for which each transport has words of its own
        return "connection refused"
    said = [text for cause in causes if (text := str(cause))] or [type(causes[0]).__name__]
    # What the system said is plainer than what was made of it.
    of_system = [text for cause in causes if isinstance(cause, OSError) and (text := str(cause))]
    return (of_system or said[:1])[-1].rstrip(".")


def advice(causes: Causes, proxy: str | None) -> str:
    """What the caller can do where no answer came."""
    kinds = _kinds(causes)
    if "SSLCertVerificationError" in kinds:
        codes = {getattr(cause, "verify_code", None) for cause in causes}
        return next((advice for code, advice in _CERTIFICATE_ADVICE.items() if code in codes), _UNTRUSTED)
    if "SSLError" in kinds:
        said = " ".join(str(cause).lower() for cause in causes)
        return _OTHER_TLS if "alert" in said or "unsupported" in said else _NO_TLS
    if proxy or "ProxyError" in kinds:
        name = f"the proxy {proxy}" if proxy else "the proxy"
        return f"check {name}, which HTTPS_PROXY or `http_client` names, the server and `base_url`"
    return "check the network, the server and `base_url`"


def status_line(status: int) -> str:
    """A status as HTTP has it: 404 Not Found."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"{status} Unknown Status"


def status_advice(status: int, content_type: str) -> str:
    """What the caller can do where the server, or something in between, refused."""
    if status < 500 and "html" in content_type:
        return NOT_THE_API
    return _STATUS_ADVICE.get(status) or _STATUS_ADVICE[max(100, min(status // 100 * 100, 500))]


def quote(text: str) -> str:
    """What a server said."""
    return repr(said) if (said := line(text)) else "no text"


def line(text: str) -> str:
    """A text in one line, in part, and without control characters."""
    words = " ".join("".join(c if c.isprintable() else " " for c in text[:500]).split())
    return words if len(words) <= 200 else words[:197] + "..."
