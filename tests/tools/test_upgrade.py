"""`make upgrade`: shows every change of upstream's templates beneath ours."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import openapi_python_client
import pytest

from tools import upgrade

UPSTREAM = Path(openapi_python_client.__file__).parent / "templates"


def test_a_template_names_the_pinned_version() -> None:
    """A template of ours that has one of upstream's in its place names it, with the pinned version."""
    pinned = version("openapi-python-client")
    names = [template.name for template in sorted(upgrade.TEMPLATES.glob("*.jinja"))]
    replacing = {name: (name, pinned) for name in names if (UPSTREAM / name).exists()}
    assert {path.name: (head["template"], head["version"]) for path, head in upgrade.heads()} == replacing
    assert upgrade.generator_version() == pinned


TEXT = "{# Replaces a.py.jinja of openapi-python-client 1.0.0.\n   1. Shorter. #}\n"


def follow(template: Path, old: dict[str, str], new: dict[str, str]) -> str:
    head = upgrade.HEAD.search(template.read_text())
    assert head is not None
    return upgrade.follow(template, head, old, new, "1.1.0")


def test_an_unchanged_template_moves_on(tmp_path: Path) -> None:
    """Where upstream changed nothing, the version moves on."""
    ours = tmp_path / "a.py.jinja"
    ours.write_text(TEXT)
    assert follow(ours, {"a.py.jinja": "x\n"}, {"a.py.jinja": "x\n", "b": "y"}) == ""
    assert ours.read_text() == TEXT.replace("1.0.0", "1.1.0")


@pytest.mark.parametrize(
    ("new", "shown"),
    [
        ({"a.py.jinja": "z\n"}, "--- a.py.jinja of 1.0.0\n+++ a.py.jinja of 1.1.0\n"),
        ({}, "+++ gone from 1.1.0\n"),
    ],
    ids=["changed", "gone"],
)
def test_a_changed_template_is_shown(new: dict[str, str], shown: str, tmp_path: Path) -> None:
    """Where upstream changed or removed the template, the difference is shown and the version stays."""
    ours = tmp_path / "a.py.jinja"
    ours.write_text(TEXT)
    difference = follow(ours, {"a.py.jinja": "x\n"}, new)
    assert shown in difference
    assert "\n-x\n" in difference
    assert ours.read_text() == TEXT
