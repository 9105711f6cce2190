"""The code in the READMEs runs as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools import ROOT
from tools.replay import ReplayServer

# Blocks marked `python` run as they stand; what is shown from a file, or needs a proxy or arguments, is marked `py`.
BLOCKS = [
    pytest.param(code, id=f"{name}, block {number}")
    for name in ("README.md", "generated/README.md")
    for number, code in enumerate(re.findall(r"```python\n(.*?)```", (ROOT / name).read_text(), re.S), 1)
    if "credits" in code  # what the recording answers; the package's own README shows the contract's first operation
]


@pytest.mark.parametrize("code", BLOCKS)
def test_code_of_readme_runs(code: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """As it stands."""
    with ReplayServer.of("200-two-credits.http") as server:
        monkeypatch.setenv("STABLECOG_API_KEY", "sc-readme")
        monkeypatch.setenv("STABLECOG_BASE_URL", server.url)
        exec(compile(code, "README.md", "exec"), {"__name__": "__main__"})  # noqa: S102
        if "print(" in code:
            assert "1391" in capsys.readouterr().out


@pytest.mark.parametrize("example", sorted((ROOT / "examples").glob("*.py")), ids=lambda path: path.name)
def test_readme_shows_each_example(example: Path) -> None:
    """As it is."""
    assert f"```py\n{example.read_text()}```" in (ROOT / "README.md").read_text()


def test_readme_has_the_last_benchmark() -> None:
    """Its table, as it is."""
    table = (ROOT / "benchmarks" / "results" / "table.md").read_text().partition("as ratios:\n\n")[2]
    assert table
    assert table in (ROOT / "README.md").read_text()
