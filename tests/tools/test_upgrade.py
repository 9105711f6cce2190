"""`make upgrade`: shows every change of upstream's templates beneath ours."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import openapi_python_client
import pytest

from tools import upgrade

UPSTREAM = Path(openapi_python_client.__file__).parent / "templates"


@pytest.mark.parametrize("template", [template for template, _ in upgrade.heads()], ids=lambda template: template.name)
def test_a_template_names_the_pinned_version(template: Path) -> None:
    """A template of ours names the upstream template of the pinned version."""
    head = dict(upgrade.heads())[template]
    assert head["template"] == template.name
    assert (UPSTREAM / template.name).exists()
    assert head["version"] == upgrade.generator_version() == version("openapi-python-client")


def test_a_template_without_a_head_is_our_own() -> None:
    """A template that names no upstream one replaces none."""
    replacing = {template for template, _ in upgrade.heads()}
    for template in upgrade.TEMPLATES.glob("*.jinja"):
        assert (template in replacing) == (UPSTREAM / template.name).exists(), template.name


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


CHANGED = ({"a.py.jinja": "z\n"}, "--- a.py.jinja of 1.0.0\n+++ a.py.jinja of 1.1.0\n")
GONE: tuple[dict[str, str], str] = ({}, "+++ gone from 1.1.0\n")


@pytest.mark.parametrize(("new", "shown"), [CHANGED, GONE])
def test_a_changed_template_is_shown(new: dict[str, str], shown: str, tmp_path: Path) -> None:
    """Where upstream changed or removed the template, the difference is shown and the version stays."""
    ours = tmp_path / "a.py.jinja"
    ours.write_text(TEXT)
    difference = follow(ours, {"a.py.jinja": "x\n"}, new)
    assert shown in difference
    assert "\n-x\n" in difference
    assert ours.read_text() == TEXT
