"""What the environment sets: which proxy a server is reached through, and which variable is blamed."""

from __future__ import annotations

import os

import pytest
from stablecog_client import UsageError
from stablecog_client._runtime.environment import is_exempt, proxy_of_environment
from stablecog_client._runtime.http_library import httpx

SERVER = httpx.URL("https://api.example.com")

EXEMPT = [
    # hosts
    ("https://api.example.com", "api.example.com"),
    ("https://api.example.com", "API.Example.COM"),
    ("https://API.EXAMPLE.COM", "api.example.com"),
    ("https://api.example.com", "example.com"),
    ("https://api.example.com", ".example.com"),
    ("https://a.b.example.com", ".example.com"),
    ("https://api.example.com", "*.example.com"),
    ("http://localhost:8000", "localhost"),
    ("https://api.example.com", "api.example.com."),
    ("https://api.example.com.", "api.example.com"),
    # lists
    ("https://api.example.com", "*"),
    ("https://api.example.com", "localhost, *"),
    ("https://api.example.com", "localhost,example.com"),
    ("https://api.example.com", " localhost ,  api.example.com "),
    ("https://api.example.com", "localhost example.com"),
    ("https://api.example.com", "localhost,\n\texample.com,,"),
    # ports
    ("https://api.example.com:8443", "api.example.com:8443"),
    ("https://api.example.com:8443", "api.example.com"),
    ("https://api.example.com", "api.example.com:443"),
    ("http://api.example.com", "api.example.com:80"),
    ("https://api.example.com:8443", ".example.com:8443"),
    ("http://127.0.0.1:8000", "127.0.0.1:8000"),
    ("http://[::1]:8000", "[::1]:8000"),
    # schemes
    ("https://api.example.com", "https://api.example.com"),
    ("https://api.example.com", "all://example.com"),
    ("https://api.example.com:8443", "https://api.example.com:8443"),
    ("https://api.example.com", "HTTPS://api.example.com"),
    # addresses and networks
    ("http://127.0.0.1", "127.0.0.1"),
    ("http://10.1.2.3", "10.0.0.0/8"),
    ("http://10.1.2.3", "10.1.2.3/8"),
    ("http://10.1.2.3:8000", "10.0.0.0/8"),
    ("http://[::1]", "::1"),
    ("http://[::1]", "[::1]"),
    ("http://[::1]", "0:0:0:0:0:0:0:1"),
    ("http://[fd00::7]", "fd00::/8"),
    ("http://[fd00::7]", "[fd00::]/8"),
    ("http://[fd00::7]:8000", "fd00::/8"),
]

NOT_EXEMPT = [
    ("https://api.example.com", ""),
    ("https://api.example.com", " , "),
    ("https://api.example.com", "."),
    ("https://api.example.com", "com.example"),
    ("https://notexample.com", "example.com"),
    ("https://notexample.com", "*example.com"),
    ("https://example.com", "api.example.com"),
    ("https://example.com", ".example.com"),
    ("https://api.example.com", "api.example.com:8443"),
    ("https://api.example.com:8443", "api.example.com:443"),
    ("https://api.example.com", "api.example.com:80"),
    ("https://api.example.com", "http://api.example.com"),
    ("https://api.example.com", "api.example.com/8"),
    ("https://api.example.com", "10.0.0.0/8"),
    ("http://11.1.2.3", "10.0.0.0/8"),
    ("http://10.1.2.3", "10.0.0.0/99"),
    ("http://127.0.0.11", "127.0.0.1"),
    ("http://127.0.0.1:8001", "127.0.0.1:8000"),
    ("http://[::1]", "::2"),
    ("http://[::1]:8001", "[::1]:8000"),
    ("http://127.0.0.1", f"127.0.0.1:{'9' * 5000}"),
    ("http://[fe80::7]", "fd00::/8"),
    ("http://10.1.2.3", "fd00::/8"),
    ("http://[fd00::7]", "10.0.0.0/8"),
]


@pytest.mark.parametrize(("url", "no_proxy"), EXEMPT)
def test_no_proxy_that_exempts_a_server(url: str, no_proxy: str) -> None:
    assert is_exempt(httpx.URL(url), no_proxy)


@pytest.mark.parametrize(("url", "no_proxy"), NOT_EXEMPT)
def test_no_proxy_that_does_not(url: str, no_proxy: str) -> None:
    assert not is_exempt(httpx.URL(url), no_proxy)


def proxy_url(server: httpx.URL = SERVER) -> str | None:
    found = proxy_of_environment(server)
    return str(found[0].url) if found else None


@pytest.mark.parametrize("variable", ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])
def test_variables_in_either_case(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "proxy:3128")
    assert proxy_url() == "http://proxy:3128"


@pytest.mark.skipif(os.name == "nt", reason="Windows does not tell the case of variables apart")
def test_lower_case_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://upper")
    monkeypatch.setenv("https_proxy", "http://lower")
    assert proxy_url() == "http://lower"


def test_variable_of_the_scheme_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://all")
    monkeypatch.setenv("HTTPS_PROXY", "http://https")
    assert proxy_url() == "http://https"
    assert proxy_url(httpx.URL("http://api.example.com")) == "http://all"


@pytest.mark.parametrize("variable", ["no_proxy", "NO_PROXY"])
def test_no_proxy_in_either_case(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy")
    monkeypatch.setenv(variable, "example.com")
    assert proxy_url() is None


def test_empty_variable_names_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "")
    assert proxy_url() is None


def test_credentials_are_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://us%20er:p%40ss@proxy")
    found = proxy_of_environment(SERVER)
    assert found is not None
    proxy, variable = found
    assert variable == "HTTPS_PROXY"
    assert proxy.raw_auth == (b"us er", b"p@ss")
    assert "ss" not in str(proxy.url)


BAD = [
    *(
        "socks4://user:hunter2@proxy",
        "ftp://user:hunter2@proxy",
        "http://user:hunter2@",
        "http://user:hunter2@proxy:99999",
    ),
    *(
        "http://user:hunter2@pro xy",
        "http://user:hunter2@proxy:port",
        "://user:hunter2@proxy",
        "http://user:hunter2@%70",
    ),
]


@pytest.mark.parametrize("address", BAD)
@pytest.mark.parametrize("variable", ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "Https_Proxy"])
def test_unusable_proxy_is_blamed_on_its_variable(variable: str, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error shows no password, and neither does the traceback's chain."""
    monkeypatch.setenv(variable, address)
    with pytest.raises(UsageError) as caught:
        proxy_of_environment(SERVER)
    assert str(caught.value) == f"{variable}: expected a proxy such as http://host:port"
    assert caught.value.__cause__ is caught.value.__context__ is None


@pytest.mark.parametrize(
    "variables",
    [
        {"HTTP_PROXY": "foo://", "HTTPS_PROXY": "http://good"},
        {"ALL_PROXY": "foo://", "HTTPS_PROXY": "http://good"},
        {"HTTP_PROXY": "foo://"},
        {"HTTPS_PROXY": "foo://", "NO_PROXY": "example.com"},
        {"ALL_PROXY": "foo://", "NO_PROXY": "*"},
        {"HTTPS_PROXY": "http://good", "NO_PROXY": "fd00::/8, [::1]:x, 10.0.0.0/99, http://, :"},
    ],
)
def test_unusable_value_that_does_not_matter(variables: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert proxy_url() in {None, "http://good"}
