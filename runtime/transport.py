"""The way to the network: TLS set up once, proxies, and httpx's transports."""

from __future__ import annotations

import os
import ssl
import threading
from contextlib import suppress
from typing import Any, TypeVar, cast

import httpx

from .errors import UsageError

H = TypeVar("H", httpx.Client, httpx.AsyncClient)

LIMITS = httpx.Limits(max_connections=100, max_keepalive_connections=100, keepalive_expiry=5.0)


class _TLS:
    """The process's TLS context: reading the trust store takes longer than a call.

    It is read in a thread of its own from the first https client on, while the rest is imported.
    """

    def __init__(self) -> None:
        self._context: ssl.SSLContext | None = None
        self._lock = threading.Lock()

    def unlock(self) -> None:
        """After a fork: the thread that held the lock is not here."""
        self._lock = threading.Lock()

    def prepare(self) -> None:
        if self._context is None:
            with suppress(RuntimeError):  # there are too many threads: the first call reads it
                threading.Thread(target=self._prepare, name="trust store", daemon=True).start()

    def _prepare(self) -> None:
        with suppress(UsageError):  # the call that needs it says so
            self.context()

    def context(self) -> ssl.SSLContext:
        with self._lock:
            if self._context is None:
                try:
                    self._context = httpx.create_ssl_context()
                except OSError as error:
                    message = f"SSL_CERT_FILE or SSL_CERT_DIR: expected certificates in PEM form ({error})"
                    raise UsageError(message) from None
            return self._context


tls = _TLS()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=tls.unlock)


def tls_for(url: httpx.URL) -> ssl.SSLContext:
    """What a client of this server needs."""
    if url.scheme == "https":
        return tls.context()
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # never used, quick to make, and trusts nobody


def new_client(kind: type[H], url: httpx.URL, trust_env: bool) -> H:
    """A client of our own for this server, with the proxies of the environment if it is to be trusted.

    Raises:
        UsageError: The environment asks for a proxy or for certificates that cannot be had.
    """
    context = tls_for(url)
    try:
        return kind(verify=context, limits=LIMITS, trust_env=trust_env)
    except (ValueError, httpx.InvalidURL):  # which quote it: its password is secret
        raise UsageError("HTTPS_PROXY, HTTP_PROXY or ALL_PROXY: expected http://host:port") from None
    except ImportError as error:
        raise UsageError(f"HTTPS_PROXY, HTTP_PROXY or ALL_PROXY: expected http://host:port ({error})") from None


def transport_for(client: httpx.Client | httpx.AsyncClient, url: httpx.URL) -> Any:
    """The transport that takes a client's requests to this server, be it a proxy's.

    Requests of our own clients are sent over it directly: what `httpx.Client.send` adds (cookies, redirects,
    authentication, event hooks) our calls do not use, and it is a quarter of their time.
    """
    return cast("Any", client)._transport_for_url(url)


def async_transport_for(client: httpx.AsyncClient, url: httpx.URL) -> Any:
    """The same for an async client of our own: aiohttp's where it is installed and no proxy stands between."""
    if proxy_of(client, url) is None:
        with suppress(ImportError):  # the extra is not installed
            from .aiohttp_transport import AiohttpTransport

            cast("Any", client)._transport = AiohttpTransport(tls_for(url), LIMITS)  # closed with the client
    return transport_for(client, url)


def proxy_url_of(client: httpx.Client | httpx.AsyncClient, url: httpx.URL) -> httpx.URL | None:
    """The proxy that takes a client's requests to this server, if one does and it can be known."""
    proxy = getattr(getattr(transport_for(client, url), "_pool", None), "_proxy_url", None)
    return httpx.URL(scheme=proxy.scheme.decode(), host=proxy.host.decode(), port=proxy.port) if proxy else None


def proxy_of(client: httpx.Client | httpx.AsyncClient, url: httpx.URL) -> str | None:
    """What takes a client's requests to this server in place of its transport: a proxy's host and port, or a name."""
    if (proxy := proxy_url_of(client, url)) is not None:
        return proxy.netloc.decode()
    transport = transport_for(client, url)
    return None if transport is cast("Any", client)._transport else type(transport).__name__
