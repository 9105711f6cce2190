"""What the environment sets: which proxy a server is reached through, and which variable is blamed."""

from __future__ import annotations

import os
from itertools import cycle
from typing import Any

import pytest
from stablecog_client import UsageError
from stablecog_client._runtime import environment
from stablecog_client._runtime.environment import is_exempt, proxy_of_environment
from stablecog_client._runtime.http_library import httpx

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


def test_optional_package_may_be_missing() -> None:
    """It is looked up, not imported."""
    assert environment.is_installed("httpx")
    assert not environment.is_installed("no_such_package")
