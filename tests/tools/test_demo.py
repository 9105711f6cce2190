"""`make demo`: a readable table, or one readable line."""

from __future__ import annotations

import datetime

import pytest
from rich.console import Console
from stablecog_client import CreditsResponse, TCredit

from tests.support.api_description import SUCCESSES, Recording
from tests.support.faults import KEY
from tests.support.processes import output
from tools import demo
from tools.replay import ReplayServer

NOW = datetime.datetime(2026, 11, 23, 12, 0, 0, tzinfo=datetime.UTC)


def credit(name: str = "Free", left: int = 1, amount: int = 2, expires_at: str = "2030-01-01T00:00:00Z") -> TCredit:
    kind = {"id": "t", "name": name, "amount": amount, "description": "d"}
    return TCredit.from_dict({"id": "c", "remaining_amount": left, "expires_at": expires_at, "type": kind})


def lines(response: CreditsResponse, width: int = 80) -> list[str]:
    """Return the table as a file or pipe gets it."""
    console = Console(width=width, color_system=None, force_terminal=False)
    with console.capture() as capture:
        console.print(demo.table(response, NOW))
    return capture.get().splitlines()


WORDS = {
    "2100-01-01T05:00:00Z": "never",
    "2099-12-31T23:59:59Z": "in 73 years",
    "2027-11-23T18:00:00Z": "in 1 year",
    "2027-02-28T00:00:00Z": "in 3 months",
    "2026-12-24T12:00:00Z": "in 1 month",
    "2026-12-08T12:00:00Z": "in 15 days",
    "2026-11-24T12:00:00Z": "in 1 day",
    "2026-11-24T11:00:00Z": "in 23 hours",
    "2026-11-23T13:00:00Z": "in 1 hour",
    "2026-11-23T12:02:00Z": "in 2 minutes",
    "2026-11-23T12:00:59Z": "now",
    "2026-11-23T11:00:00Z": "1 hour ago",
    "2024-11-23T12:00:00Z": "2 years ago",
}


def test_an_expiry_is_put_in_words() -> None:
    """An expiry is rounded to its largest unit, before or after now."""
    assert {time: demo.in_words(credit(expires_at=time), NOW) for time in WORDS} == WORDS


FULL = {(0, 100): 0, (1, 100): 1, (50, 100): 8, (99, 100): 15, (100, 100): 16}
ODD = {(150, 100): 16, (-50, 100): 0, (5, 0): 16, (0, 0): 0, (5, -5): 16}


def test_a_bar_is_full_only_of_a_full_credit() -> None:
    """The bar is full only when nothing is used, and empty only when nothing is left."""
    bars = {credit: demo.bar(*credit).plain for credit in FULL | ODD}
    assert bars == {credit: "█" * full + "░" * (demo.BAR_WIDTH - full) for credit, full in (FULL | ODD).items()}


SHOWN = {"200-five-credits-fractional-expiry.http", "200-no-credits.http", "200-unicode-and-escapes.http"}


@pytest.mark.parametrize("recording", [each for each in SUCCESSES if each.name in SHOWN], ids=str)
def test_the_table_fits_into_80_columns(recording: Recording) -> None:
    """Each credit and the total are shown in 80 columns, nothing truncated."""
    body = recording.json
    shown = lines(CreditsResponse.from_dict(body))
    assert all(len(line) <= 80 for line in shown)
    assert f"Total {body['total_remaining_credits']:,}".split() == shown[-2].split()
    for credit in body["credits"]:
        never = credit["expires_at"].startswith("2100-")
        expected = {f"{credit['remaining_amount']:,}", f"{credit['type']['amount']:,}"}
        expected.add("never" if never else credit["expires_at"][:10])
        first_word = credit["type"]["name"].split()[0]
        assert any(line.split()[:1] == [first_word] and expected <= set(line.split()) for line in shown), credit
    assert "…" not in "".join(shown)


def test_the_table_is_sorted_by_expiry() -> None:
    """The credit that expires first is on top."""
    last, first = credit("Last", expires_at="2031-01-01T00:00:00Z"), credit("First")
    shown = lines(CreditsResponse(total_remaining_credits=2, credits=[last, first]))
    assert [line.split()[0] for line in shown if "First" in line or "Last" in line] == ["First", "Last"]


def test_a_name_cannot_control_the_terminal() -> None:
    """Line breaks, terminal controls and markup in a name have no effect."""
    named, plain = (
        lines(CreditsResponse(total_remaining_credits=1, credits=[credit(name)]))
        for name in ("[red]Gi\x1b[2J\u202e\nft", "[red]Gi [2J ft")
    )
    assert named == plain
    assert "[red]Gi [2J ft" in "".join(plain)


def test_without_a_key_a_recording_is_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a key, the recording is used, whatever server is configured."""
    monkeypatch.setenv("STABLECOG_BASE_URL", "http://127.0.0.1:9")
    demo.main()
    printed = capsys.readouterr().out
    assert printed.startswith(
        f"Serving tests/recordings/{demo.RECORDING}; set STABLECOG_API_KEY to use the real API.\n"
    )
    assert "26,035" in printed


def test_with_a_key_the_server_is_requested(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With a key, the configured server is requested, and the key is not printed."""
    with ReplayServer(SUCCESSES[0].raw) as server:
        monkeypatch.setenv("STABLECOG_API_KEY", KEY)
        monkeypatch.setenv("STABLECOG_BASE_URL", server.url)
        demo.main()
    printed = capsys.readouterr().out
    assert printed.startswith(f"Requesting {server.url} with the key in STABLECOG_API_KEY.\n")
    assert f"{SUCCESSES[0].json['total_remaining_credits']:,}" in printed
    assert KEY not in printed
    assert KEY.encode() in server.requests[0]


@pytest.mark.parametrize(
    ("key", "line"),
    [(KEY, "AuthenticationError: GET "), ("sc-1 ", "UsageError: STABLECOG_API_KEY: ")],
    ids=["refused", "bad key"],
)
def test_the_demo_fails_with_one_line(
    key: str, line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An error of the client or of the call ends the demo with one line."""
    with ReplayServer.of("401-inactive-key.http") as server:
        monkeypatch.setenv("STABLECOG_API_KEY", key)
        monkeypatch.setenv("STABLECOG_BASE_URL", server.url)
        with pytest.raises(SystemExit) as caught:
            demo.main()
    assert str(caught.value.code).startswith(line)  # what Python prints before it exits with 1
    assert "\n" not in str(caught.value.code)
    assert KEY not in str(caught.value.code) + capsys.readouterr().out


def test_the_demo_runs_in_any_terminal() -> None:
    """The command prints the table where the terminal has neither Unicode nor colours."""
    shown = output("-m", "tools.demo", PYTHONIOENCODING="ascii")
    assert "Gift XLarge" in shown
    assert "\x1b" not in shown
