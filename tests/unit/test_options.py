"""Options that are not what they should be are refused before anything is sent, by a message that says why."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path
from typing import Any

import httpx
import pytest
from stablecog_client import AsyncClient, Client, UsageError
from stablecog_client._runtime import environment

from tests.support.faults import KEY
from tests.support.processes import output


@pytest.mark.parametrize(
    "url",
    [
        *(httpx.URL("ftp://h"), 5, b"https://h", "", " ", "/v1", "api.example.com", "https://"),
        *("ftp://api.example.com", "https://xn--a.example", "https://\u2603\ufe0f.example", "https://h:99999"),
        "https://api .com",
    ],
)
def test_base_url_that_is_no_server_is_refused(url: Any) -> None:
    """No exception behind the error quotes it, or holds the key."""
    with pytest.raises(UsageError, match=r"^base_url: expected scheme, host and path") as refused:
        Client(KEY, base_url=url)
    assert refused.value.__context__ is None


def test_base_url_of_environment_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the name of the variable."""
    monkeypatch.setenv("STABLECOG_BASE_URL", "api.example.com")
    with pytest.raises(UsageError, match=r"^STABLECOG_BASE_URL: expected scheme, host and path"):
        Client(KEY)


def said_of(option: str, value: Any) -> str:
    """Return what is said of the value of an option."""
    try:
        return f"no refusal: {Client(KEY, **{option: value})}"
    except UsageError as error:
        return str(error)


def test_seconds_must_be_a_positive_number() -> None:
    """Of at most a year. A number is shown; what is none, and may be the key, is named by its type alone."""
    year = 366 * 86400
    shown: dict[Any, str] = {
        **{0: "0", float("nan"): "nan", year + 1: str(year + 1), 10**400: "1" + "0" * 49},
        **{"10": "str", True: "True", None: "None"},
    }
    expected = "timeout: expected a positive number of seconds, at most a year, got "
    assert {value: said_of("timeout", value) for value in shown} == {value: expected + shown[value] for value in shown}
    assert said_of("deadline", -0.5) == expected.replace("timeout", "deadline") + "-0.5"
    Client(KEY, timeout=1e-6, deadline=year)


def test_max_retries_must_be_a_whole_number() -> None:
    """A number is shown; what is none, and may be the key, is named by its type alone."""
    shown: dict[Any, str] = {-1: "-1", 1.5: "1.5", "3": "str", True: "True", None: "None"}
    expected = "max_retries: expected a whole number of at least 0, got "
    assert {value: said_of("max_retries", value) for value in shown} == {
        value: expected + shown[value] for value in shown
    }


def test_http_client_of_other_kind_is_refused() -> None:
    """A sync one for an async client, and the other way round."""
    wrong: Any = httpx.AsyncClient()
    with pytest.raises(UsageError, match=r"^http_client: expected an httpx\.Client, got httpx\.AsyncClient"):
        Client(KEY, http_client=wrong)
    with httpx.Client() as other, pytest.raises(UsageError, match=r"expected an httpx\.AsyncClient, got httpx\.Client"):
        AsyncClient(KEY, http_client=other)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


def test_closed_http_client_is_refused() -> None:
    """Before anything is sent."""
    http_client = httpx.Client()
    http_client.close()
    with Client(KEY, http_client=http_client) as client, pytest.raises(UsageError) as caught:
        client.credits.list()
    assert str(caught.value) == "http_client is closed; make a new one, and a new client over it"


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
