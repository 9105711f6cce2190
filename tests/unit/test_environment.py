"""What the environment sets: proxies and trusted certificates, and which variable is blamed."""

from __future__ import annotations

import asyncio
import os
import ssl
import threading
import time
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from stablecog_client import AsyncClient, Client, UsageError
from stablecog_client._runtime import environment
from stablecog_client._runtime.environment import is_exempt, proxy_of_environment
from stablecog_client._runtime.http_library import httpx

from tests.support.faults import KEY
from tests.support.processes import forked, needs_fork, output

SERVER = httpx.URL("https://api.example.com")

EXEMPT = [
    # hosts
    ("https://api.example.com", "api.example.com"),
    ("https://api.example.com", "API.Example.COM"),
    ("https://API.EXAMPLE.COM", "api.example.com"),
    ("https://api.example.com", "example.com"),
    ("https://a.b.example.com", ".example.com"),
    ("https://api.example.com", "*.example.com"),
    ("https://api.example.com", "api.example.com."),
    ("https://api.example.com.", "api.example.com"),
    # lists
    ("https://api.example.com", "localhost, *"),
    ("https://api.example.com", "localhost example.com"),
    ("https://api.example.com", "localhost,\n\texample.com,,"),
    ("https://api.example.443", "443"),
    # ports
    ("https://api.example.com:8443", "api.example.com:8443"),
    ("https://api.example.com:8443", "api.example.com"),
    ("https://api.example.com", "api.example.com:443"),
    ("http://api.example.com", "api.example.com:80"),
    ("http://127.0.0.1:8000", "127.0.0.1:8000"),
    ("http://[::1]:8000", "[::1]:8000"),
    # schemes
    ("https://api.example.com", "HTTPS://api.example.com"),
    ("https://api.example.com", "all://example.com"),
    ("https://api.example.com:8443", "https://api.example.com:8443"),
    # addresses and networks
    ("http://127.0.0.1", "127.0.0.1"),
    ("http://10.1.2.3:8000", "10.1.2.3/8"),
    ("http://[::1]", "0:0:0:0:0:0:0:1"),
    ("http://[::1]", "[0:0:0:0:0:0:0:1]"),
    ("http://[fd00::7]:8000", "fd00::/8"),
    ("http://[fd00::7]", "[fd00::]/8"),
]

NOT_EXEMPT = [
    # hosts
    ("https://api.example.com", ""),
    ("https://api.example.com", " , "),
    ("https://api.example.com", "."),
    ("https://notexample.com", "example.com"),
    ("https://notexample.com", "*example.com"),
    ("https://example.com", "api.example.com"),
    ("https://example.com", ".example.com"),
    ("https://example.com", "*.example.com"),
    # ports and schemes
    ("https://api.example.com", "api.example.com:8443"),
    ("https://api.example.com:8443", "api.example.com:443"),
    ("https://api.example.com", "api.example.com:80"),
    ("http://127.0.0.1:8001", "127.0.0.1:8000"),
    ("http://[::1]:8001", "[::1]:8000"),
    ("https://api.example.com", "http://api.example.com"),
    # addresses and networks
    ("https://api.example.com", "api.example.com/8"),
    ("http://11.1.2.3", "10.0.0.0/8"),
    ("http://10.1.2.3", "10.0.0.0/99"),
    ("http://127.0.0.11", "127.0.0.1"),
    ("http://127.0.0.1", f"127.0.0.1:{'9' * 5000}"),
    ("http://[::1]", "::2"),
    ("http://[fe80::7]", "fd00::/8"),
    ("http://10.1.2.3", "fd00::/8"),
]


def test_no_proxy_exempts_the_servers_it_names() -> None:
    """By host, suffix, address or network, with or without scheme and port; no others."""
    assert [(url, entry) for url, entry in EXEMPT if not is_exempt(httpx.URL(url), entry)] == []
    assert [(url, entry) for url, entry in NOT_EXEMPT if is_exempt(httpx.URL(url), entry)] == []


def proxy_url(server: httpx.URL = SERVER, /, **variables: str) -> str | None:
    """Return the proxy of a server where these variables are set."""
    with pytest.MonkeyPatch.context() as patched:
        for name, value in variables.items():
            patched.setenv(name, value)
        found = proxy_of_environment(server)
    return str(found[0].url) if found else None


VARIABLES = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "Https_Proxy"]


def test_variables_are_read_in_either_case() -> None:
    """Those of proxies, and those of servers without one."""
    proxies = {name: proxy_url(**{name: "proxy:3128"}) for name in VARIABLES}
    assert proxies == dict.fromkeys(VARIABLES, "http://proxy:3128")
    assert proxy_url(HTTPS_PROXY="http://proxy", no_proxy="example.com") is None
    assert proxy_url(HTTPS_PROXY="http://proxy", NO_PROXY="example.com") is None


@pytest.mark.skipif(os.name == "nt", reason="Windows does not tell the case of variables apart")
def test_lower_case_variable_goes_first() -> None:
    """The other does not matter."""
    assert proxy_url(HTTPS_PROXY="http://upper", https_proxy="http://lower") == "http://lower"


def test_variable_of_the_scheme_goes_first() -> None:
    """ALL_PROXY is for the other schemes."""
    proxies = {"ALL_PROXY": "http://all", "HTTPS_PROXY": "http://https"}
    assert proxy_url(**proxies) == "http://https"
    assert proxy_url(httpx.URL("http://api.example.com"), **proxies) == "http://all"


def test_proxy_of_each_scheme_is_used() -> None:
    """Those that httpx has transports for."""
    proxies = [f"{scheme}://proxy" for scheme in ("http", "https", "socks5", "socks5h")]
    assert [proxy_url(HTTPS_PROXY=proxy) for proxy in proxies] == proxies


def test_empty_variable_names_no_proxy() -> None:
    """As if it were not set."""
    assert proxy_url(HTTPS_PROXY="") is None


def test_credentials_of_proxy_are_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are not shown in its URL."""
    monkeypatch.setenv("HTTPS_PROXY", "http://us%20er:p%40ss@proxy")
    found = proxy_of_environment(SERVER)
    assert found is not None
    proxy, variable = found
    assert variable == "HTTPS_PROXY"
    assert proxy.raw_auth == (b"us er", b"p@ss")
    assert "ss" not in str(proxy.url)


UNUSABLE = [
    *("socks4://user:hunter2@proxy", "foo://proxy", "://user:hunter2@proxy", "http://", "http://user:hunter2@"),
    *("http://user:hunter2@proxy:99999", "http://user:hunter2@proxy:port", "http://user:hunter2@pro xy"),
    *("http://user:hunter2@%70", "http://user:hunter2@[::1", "http://user:hunter2/x@127.0.0.1:1"),
    *("http://user:hunter2#x@127.0.0.1:1", "http://user:hunter2"),
]


def refusal(variable: str, address: str) -> tuple[str, Any]:
    """Return what is said of a proxy, and what led to that."""
    try:
        return f"no refusal: {proxy_url(**{variable: address})}", None
    except UsageError as error:
        return str(error), error.__cause__ or error.__context__


def test_unusable_proxy_is_blamed_on_its_variable() -> None:
    """The error shows no password, and neither does the traceback's chain."""
    cases = list(zip(cycle(VARIABLES), UNUSABLE, strict=False))
    expected = {case: (f"{case[0]}: expected a proxy such as http://host:port", None) for case in cases}
    assert {case: refusal(*case) for case in cases} == expected


def test_unusable_value_that_does_not_matter() -> None:
    """A proxy for other servers, or an entry that names no server."""
    good = "http://good"
    assert proxy_url(HTTP_PROXY="foo://", HTTPS_PROXY=good) == good
    assert proxy_url(ALL_PROXY="foo://", HTTPS_PROXY=good) == good
    assert proxy_url(HTTP_PROXY="foo://") is None
    assert proxy_url(HTTPS_PROXY="foo://", NO_PROXY="example.com") is None
    assert proxy_url(HTTPS_PROXY=good, NO_PROXY="fd00::/8, [::1]:x, 10.0.0.0/99, http://, :") == good


def test_proxy_of_the_system_is_blamed_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    """On macOS and Windows, it comes from no variable."""
    monkeypatch.setenv("OTHER", "ftp://proxy")
    monkeypatch.setattr(environment, "getproxies", lambda: {"https": "ftp://proxy"})
    with pytest.raises(UsageError, match=r"^the system's proxy settings: expected a proxy such as http://host:port$"):
        proxy_of_environment(SERVER)
    monkeypatch.setattr(environment, "getproxies", lambda: {"https": "http://proxy"})
    found = proxy_of_environment(SERVER)
    assert found is not None
    assert found[1] == "the system's proxy settings"


def test_only_a_proxy_over_https_needs_trust(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its certificate is checked as that of the server is."""
    contexts: dict[str, Any] = {}
    for scheme in "http", "https", "socks5":
        monkeypatch.setenv("HTTPS_PROXY", f"{scheme}://proxy")
        found = proxy_of_environment(SERVER)
        assert found is not None
        contexts[scheme] = found[0].ssl_context
    assert contexts == {"http": None, "https": environment.trust_store.context(), "socks5": None}


def test_unusable_proxy_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its password."""
    monkeypatch.setenv("ALL_PROXY", "http://user:hunter2@[::1")

    async def call() -> None:
        async with AsyncClient(KEY, base_url="https://127.0.0.1:9") as client:
            await client.credits.list()

    with Client(KEY, base_url="https://127.0.0.1:9") as client, pytest.raises(UsageError, match="ALL_PROXY") as refused:
        client.credits.list()
    assert "hunter2" not in str(refused.value)
    with pytest.raises(UsageError, match="ALL_PROXY"):
        asyncio.run(call())


def test_socks_proxy_needs_a_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error has the command that installs it."""
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1")
    monkeypatch.setattr(environment, "is_installed", {"socksio": False}.get)
    with Client(KEY, base_url="https://127.0.0.1:9") as client, pytest.raises(UsageError) as refused:
        client.credits.list()
    assert str(refused.value) == "ALL_PROXY: a SOCKS proxy needs `pip install 'httpx[socks]'`"


def test_optional_package_may_be_missing() -> None:
    """It is looked up, not imported."""
    assert environment.is_installed("httpx")
    assert not environment.is_installed("no_such_package")


# The trust store


@pytest.fixture(autouse=True)
def _own_trust_store(monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction]
    """Neither the certificates nor the key log of whoever runs the tests."""
    for name in "SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE":
        monkeypatch.delenv(name, raising=False)


def unreadable(monkeypatch: pytest.MonkeyPatch, **variables: object) -> str:
    """Return the error of a trust store in this environment."""
    for name, value in variables.items():
        monkeypatch.setenv(name, str(value))
    with pytest.raises(UsageError) as refused:
        environment.TrustStore().context()
    return str(refused.value)


def test_bad_variable_of_tls_is_blamed_by_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With the path that it names."""
    (ca := tmp_path / "ca.pem").write_text("not a certificate")
    expected = f"SSL_CERT_FILE: expected certificates in PEM form, got {ca} ("
    assert unreadable(monkeypatch, SSL_CERT_FILE=ca).startswith(expected)
    assert unreadable(monkeypatch, SSLKEYLOGFILE=tmp_path / "keys.log").startswith(expected)
    monkeypatch.delenv("SSL_CERT_FILE")
    log = tmp_path / "missing" / "keys.log"
    expected = f"SSLKEYLOGFILE: expected a file that can be written to, got {log} ("
    assert unreadable(monkeypatch, SSLKEYLOGFILE=log).startswith(expected)


def test_bad_folder_of_certificates_is_blamed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One that is none, of which OpenSSL says nothing, and one that OpenSSL refuses."""
    expected = "SSL_CERT_DIR: expected a folder of certificates, got /nowhere"
    assert unreadable(monkeypatch, SSL_CERT_DIR="/nowhere") == expected
    monkeypatch.setenv("SSL_CERT_DIR", f"/nowhere{os.pathsep}{tmp_path}")
    assert environment.TrustStore().context()
    monkeypatch.setattr(httpx, "create_ssl_context", lambda: (_ for _ in ()).throw(OSError("denied")))
    expected = f"SSL_CERT_DIR: expected certificates in PEM form, got {tmp_path} (denied)"
    assert unreadable(monkeypatch, SSL_CERT_DIR=tmp_path) == expected


def test_trust_store_follows_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A new client trusts what SSL_CERT_FILE and SSL_CERT_DIR say now, also after an error."""
    store = environment.TrustStore()
    before = store.context()
    assert store.context() is before
    (ca := tmp_path / "ca.pem").write_text("not a certificate")
    monkeypatch.setenv("SSL_CERT_FILE", str(ca))
    with pytest.raises(UsageError):
        store.context()
    monkeypatch.delenv("SSL_CERT_FILE")
    assert store.context() is before
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert store.context() is not before


def test_trust_store_is_read_ahead_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a thread of its own."""
    threads: list[str] = []
    may_go_on = threading.Event()

    def create() -> ssl.SSLContext:
        threads.append(threading.current_thread().name)
        may_go_on.wait(60)
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

    monkeypatch.setattr(httpx, "create_ssl_context", create)
    store = environment.TrustStore()
    store.preload()
    store.preload()
    may_go_on.set()
    assert store.context() is store.context()
    store.preload()
    assert store.context()
    assert threads == ["trust store"]


def test_certificates_are_loaded_again_where_they_change(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only those of the last place are kept: what was there before may have changed since."""
    loaded: list[str] = []

    def create() -> ssl.SSLContext:
        loaded.append(os.environ["SSL_CERT_FILE"])
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

    monkeypatch.setattr(httpx, "create_ssl_context", create)
    store = environment.TrustStore()
    for file in "a", "a", "b", "a":
        monkeypatch.setenv("SSL_CERT_FILE", file)
        store.context()
    assert loaded == ["a", "b", "a"]


EXITS_AT_ONCE = """
import threading, httpx
from stablecog_client import Client

def create_ssl_context():
    threading.main_thread().join()
    print("read")

httpx.create_ssl_context = create_ssl_context
Client("sc-test")
"""


def test_process_waits_for_certificates_at_its_end() -> None:
    """OpenSSL would crash it."""
    assert output("-c", EXITS_AT_ONCE) == "read\n"


def test_trust_store_follows_a_replaced_context(monkeypatch: pytest.MonkeyPatch) -> None:
    """As truststore replaces it, for all of ssl's users."""

    class Replaced(ssl.SSLContext):
        pass

    store = environment.TrustStore()
    before = store.context()
    assert store.context() is before
    monkeypatch.setattr(ssl, "SSLContext", Replaced)
    monkeypatch.setattr(httpx, "create_ssl_context", lambda: Replaced(ssl.PROTOCOL_TLS_CLIENT))
    assert isinstance(store.context(), Replaced)


def test_unreadable_certificates_are_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """By the name of the variable."""
    monkeypatch.setattr(environment, "trust_store", environment.TrustStore())
    (tmp_path / "ca.pem").write_text("not a certificate")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    with Client(KEY, base_url="https://127.0.0.1:9") as client, pytest.raises(UsageError, match=r"^SSL_CERT_FILE"):
        client.credits.list()
    assert capfd.readouterr().err == ""


def test_key_log_that_cannot_be_written_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It is not taken for the certificates."""
    monkeypatch.setattr(environment, "trust_store", environment.TrustStore())
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "missing" / "keys.log"))
    with Client(KEY, base_url="https://127.0.0.1:9") as client, pytest.raises(UsageError, match=r"^SSLKEYLOGFILE: "):
        client.credits.list()


AIOHTTP = """
import asyncio
from stablecog_client import AsyncClient, UsageError

async def main():
    async with AsyncClient("sc-test", base_url="http://127.0.0.1:9", transport="aiohttp") as client:
        await client.credits.list()

try:
    asyncio.run(main())
except UsageError as error:
    print(error)
"""


def test_key_log_that_aiohttp_cannot_write_is_named(tmp_path: Path) -> None:
    """aiohttp opens it when it is imported, for a server without TLS as well."""
    printed = output("-c", AIOHTTP, SSLKEYLOGFILE=str(tmp_path / "missing" / "keys.log"))
    assert printed.startswith("SSLKEYLOGFILE: expected a file that can be written to")


@needs_fork
def test_fork_waits_until_certificates_are_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The child would inherit the locks of OpenSSL and of imports, and hang."""
    store = environment.TrustStore()
    loaded: list[bool] = []

    def load(*_: object) -> None:
        time.sleep(0.2)
        loaded.append(True)

    monkeypatch.setattr(store, "_load", load)
    store.preload()
    with forked(lambda: loaded) as outcome:
        assert outcome() == [True]
