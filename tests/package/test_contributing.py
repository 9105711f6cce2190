"""The example of CONTRIBUTING.md, pasted as it stands, is valid, can be generated, and passes its own test."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import indent

from tests.support.processes import output
from tools import ROOT

BOOK = (ROOT / "CONTRIBUTING.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    """The code of the chapter about endpoints, without the indent of its list."""
    found = re.findall(rf"^   ```{language}\n(.*?)^   ```$", BOOK, re.DOTALL | re.MULTILINE)
    return [re.sub("^   ", "", block, flags=re.MULTILINE) for block in found]


def test_example_can_be_pasted(tmp_path: Path) -> None:
    """A maintainer who follows the book gets a client that works."""
    description = (ROOT / "openapi.yaml").read_text("utf-8")
    for below, block in zip(("tags:\n", "paths:\n", "  schemas:\n"), blocks("yaml"), strict=True):
        assert description.count(f"\n{below}") == 1
        description = description.replace(f"\n{below}", f"\n{below}{block}\n", 1)
    (spec := tmp_path / "openapi.yaml").write_text(description, "utf-8")
    assert output("-m", "tools.spec", spec).endswith(" is valid.\n")
    output("-m", "generator", "--spec", spec, "--output", tmp_path / "generated")
    (test,) = blocks("python")
    (tmp_path / "test_generations.py").write_text(test, "utf-8")
    ran = output("-m", "pytest", "-q", "-p", "no:cacheprovider", folder=tmp_path, PYTHONPATH="generated")
    assert "1 passed" in ran, indent(ran, "    ")
