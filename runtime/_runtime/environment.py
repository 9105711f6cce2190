"""Settings of the environment: the trust store (`SSL_CERT_FILE`) and proxies (`HTTPS_PROXY`, `NO_PROXY` and others)."""

from __future__ import annotations

import os
import ssl
import threading
from contextlib import suppress
from functools import lru_cache
from ipaddress import ip_address, ip_interface
from os.path import isdir
from urllib.request import getproxies

from ..errors import UsageError
from .config import parse_url
from .http_library import httpx

_DEFAULT_PORTS = {"http": 80, "https": 443}


class TrustStore:
    """Loads the trusted certificates once, in a thread of its own as soon as they are likely to be needed."""

    def __init__(self) -> None:
        self._load = lru_cache(maxsize=1)(_load)
        self._loading: threading.Thread | None = None

    def preload(self) -> None:
        """Start to load them while the caller goes on."""
        if self._loading is None:
            # Not a daemon: OpenSSL crashes a process that exits while it reads certificates.
            loading = threading.Thread(target=self._preload, name="trust store", daemon=False)
            with suppress(RuntimeError):  # no thread can be started: the first call loads them
                loading.start()
                self._loading = loading
                if hasattr(os, "register_at_fork"):
                    os.register_at_fork(before=loading.join)  # a child would inherit the locks that it holds

    def _preload(self) -> None:
        with suppress(UsageError):  # raised again by the call that needs them
            self._load(ssl.SSLContext, *_trust_source())

    def context(self) -> ssl.SSLContext:
        """Return a context that trusts them, loaded again if the environment changed or truststore replaced the class.

        Raises:
            UsageError: They cannot be loaded from where the environment says they are.
        """
        if self._loading is not None:
            self._loading.join()
        return self._load(ssl.SSLContext, *_trust_source())


def _load(context_class: type[ssl.SSLContext], file: str | None, folders: str | None) -> ssl.SSLContext:
    """Load the trusted certificates. What they depend on are the arguments, so that a cache can tell them apart."""
    if folders and not file and not any(map(isdir, folders.split(os.pathsep))):  # OpenSSL would trust nothing
        raise UsageError(f"SSL_CERT_DIR: expected a folder of certificates, got {folders}")
    try:
        return httpx.create_ssl_context()
    except OSError as error:
        raise tls_error(error) from None


def _trust_source() -> tuple[str | None, str | None]:
    return os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")


def tls_error(error: OSError) -> UsageError:
    """Return an error that says which variable keeps TLS from being set up, and what was expected of it."""
    file, folder = _trust_source()
    variable, path = ("SSL_CERT_FILE", file) if file else ("SSL_CERT_DIR", folder)
    problem = f"{variable}: expected certificates in PEM form, got {path}"
    if error.filename is not None and error.filename == os.environ.get("SSLKEYLOGFILE"):
        problem = f"SSLKEYLOGFILE: expected a file that can be written to, got {error.filename}"
    return UsageError(f"{problem} ({error})")


trust_store = TrustStore()


def tls_context_for(url: httpx.URL) -> ssl.SSLContext:
    """Return the context that a client of this server needs."""
    if url.scheme == "https":
        return trust_store.context()
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # placeholder: plain http needs no TLS, so skip the trust store


def proxy_of_environment(url: httpx.URL) -> tuple[httpx.Proxy, str] | None:
    """Return the proxy for a server, and the variable that names it or "the system's proxy settings", or None.

    Raises:
        UsageError: A variable names a proxy that cannot be used. The message does not show its password.
    """
    proxies = getproxies()
    scheme = next((scheme for scheme in (url.scheme, "all") if proxies.get(scheme)), None)
    if scheme is None or is_exempt(url, proxies.get("no", "")):
        return None
    name = f"{scheme}_proxy"
    address = proxies[scheme]
    named = (found for found, value in os.environ.items() if found.lower() == name and value == address)
    variable = next(named, "the system's proxy settings")
    proxy_url = parse_url(address if "://" in address else f"http://{address}")
    if proxy_url is None or proxy_url.scheme not in {"http", "https", "socks5", "socks5h"}:
        raise UsageError(f"{variable}: expected a proxy such as http://host:port")
    proxy = httpx.Proxy(proxy_url)
    if proxy.url.scheme == "https":
        proxy.ssl_context = trust_store.context()
    if proxy.url.scheme.startswith("socks") and not is_installed("socksio"):
        raise UsageError(f"{variable}: a SOCKS proxy needs `pip install 'httpx[socks]'`")
    return proxy, variable


def is_exempt(url: httpx.URL, no_proxy: str) -> bool:
    """Return whether a list such as NO_PROXY exempts a server.

    An entry is `*`, a host with its subdomains, a `.suffix`, an address or a network, with or without scheme and port.
    """
    return any(_matches(url, entry.lower()) for entry in no_proxy.replace(",", " ").split())


def _matches(url: httpx.URL, entry: str) -> bool:
    if entry == "*":
        return True
    scheme, separator, entry = entry.rpartition("://")
    if separator and scheme not in {url.scheme, "all"}:
        return False
    host = url.host.removesuffix(".")
    with suppress(ValueError):  # raised for a name, or an address with a port
        return ip_address(host) in ip_interface(entry.removeprefix("[").removesuffix("]").replace("]/", "/")).network
    entry = entry.removesuffix(f":{url.port or _DEFAULT_PORTS.get(url.scheme)}")  # any other port matches no host
    entry = entry.removeprefix("*").removeprefix("[").removesuffix("]").removesuffix(".")
    return host == entry or host.endswith(entry if entry.startswith(".") else f".{entry}")


def is_installed(package: str) -> bool:
    """Return whether an optional package can be imported."""
    from importlib.util import find_spec

    return find_spec(package) is not None
