"""The code in the READMEs runs, and what the README says of other files is true."""

from __future__ import annotations

import re

import pytest

from tools import ROOT
from tools.replay import ReplayServer

README = (ROOT / "README.md").read_text("utf-8")

# Blocks marked `python` run as they stand. Blocks marked `py` are excerpts, or need a proxy or arguments.
BLOCKS = [
    pytest.param(code, id=f"{name}, block {number}")
    for name in ("README.md", "generated/README.md")
    for number, code in enumerate(re.findall(r"```python\n(.*?)```", (ROOT / name).read_text("utf-8"), re.DOTALL), 1)
    if "credits" in code  # the package's README shows the first operation, of which there may be no recording
]


@pytest.mark.parametrize("code", BLOCKS)
def test_code_of_the_readmes_runs(
    code: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each block runs as it stands, and prints the total of the recording."""
    with ReplayServer.of("200-two-credits.http") as server:
        monkeypatch.setenv("STABLECOG_API_KEY", "sc-readme")
        monkeypatch.setenv("STABLECOG_BASE_URL", server.url)
        exec(compile(code, "README.md", "exec"), {"__name__": "__main__"})  # noqa: S102
        if "print(" in code:
            assert "1391" in capsys.readouterr().out


def test_links_lead_to_files_of_ours() -> None:
    """Each relative link leads to a file of the repository."""
    links = re.findall(r"\]\((?!https:)(.+?)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).is_file()] == []


def test_every_example_is_linked() -> None:
    """The README links each example."""
    names = [path.name for path in (ROOT / "examples").glob("*.py")]
    assert names
    assert [name for name in names if f"[{name}](examples/{name})" not in README] == []


def test_speed_is_as_measured() -> None:
    """The README states the ratio of the last benchmark."""
    table = (ROOT / "benchmarks" / "results" / "table.md").read_text("utf-8")
    measured = re.search(r"^\| A call on a warm connection \| .*?\((\d\.\d\d),", table, re.MULTILINE)
    assert measured
    assert f"takes {measured[1]} times as long as `get` and `json` of httpx" in README
