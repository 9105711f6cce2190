"""`make replay`: recordings as a server sends them, in order."""

from __future__ import annotations

import httpx
import pytest

from tools import replay, run_tool


def test_the_last_recording_is_sent_again() -> None:
    """To the third request of two, and to all that follow."""
    names = "200-no-credits.http", "429-burst.http"
    with replay.ReplayServer.of(*names) as server, httpx.Client(trust_env=False) as client:
        assert [client.get(server.url).status_code for _ in range(4)] == [200, 429, 429, 429]
        assert len(server.requests) == 4


@pytest.mark.parametrize("names", [[], ["200-no-credits.http", "200-no-credit.http"]], ids=["none", "misspelled"])
def test_unknown_recordings_are_answered_with_all(names: list[str]) -> None:
    """The command says which there are."""
    with pytest.raises(SystemExit) as ended:
        replay.main(names)
    first, *others = str(ended.value).splitlines()
    assert first == "Give the names of one or more recordings:"
    assert [line.strip() for line in others] == sorted(path.name for path in replay.RECORDINGS.glob("*.http"))


def test_failing_tool_is_named_with_its_output() -> None:
    """What it printed says what to do."""
    with pytest.raises(SystemExit) as ended:
        run_tool("python", "-c", "print('x'); exit('y')")
    assert str(ended.value) == "x\ny\npython failed; fix what it says, and try again."
