"""What `make upgrade` promises: the pins move, and nothing that upstream changed beneath our templates goes unseen."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import openapi_python_client
import pytest

from tools import ROOT, upgrade

UPSTREAM = Path(openapi_python_client.__file__).parent / "templates"


@pytest.mark.parametrize("template", [template for template, _ in upgrade.heads()], ids=lambda template: template.name)
def test_a_template_names_what_it_replaces_at_the_version_that_is_pinned(template: Path) -> None:
    head = dict(upgrade.heads())[template]
    assert head["template"] == template.name
    assert (UPSTREAM / template.name).exists()
    assert head["version"] == upgrade.generator_version() == version("openapi-python-client")


def test_a_template_without_a_head_replaces_nothing() -> None:
    replacing = {template for template, _ in upgrade.heads()}
    for template in (ROOT / "generator" / "templates").glob("*.jinja"):
        assert (template in replacing) == (UPSTREAM / template.name).exists(), template.name


HEAD = "{# Replaces a.py.jinja of openapi-python-client 1.0.0.\n   1. Shorter. #}\n"


def test_a_head_moves_on_where_upstream_changed_nothing(tmp_path: Path) -> None:
    ours = tmp_path / "a.py.jinja"
    ours.write_text(HEAD)
    assert upgrade.follow(ours, {"a.py.jinja": "x\n"}, {"a.py.jinja": "x\n", "b": "y"}, "1.1.0") == ""
    assert ours.read_text() == HEAD.replace("1.0.0", "1.1.0")


CHANGED = ({"a.py.jinja": "z\n"}, "--- a.py.jinja of 1.0.0\n+++ a.py.jinja of 1.1.0\n")
GONE: tuple[dict[str, str], str] = ({}, "+++ gone from 1.1.0\n")


@pytest.mark.parametrize(("new", "shown"), [CHANGED, GONE])
def test_what_upstream_changed_is_shown_and_the_head_stays(new: dict[str, str], shown: str, tmp_path: Path) -> None:
    ours = tmp_path / "a.py.jinja"
    ours.write_text(HEAD)
    difference = upgrade.follow(ours, {"a.py.jinja": "x\n"}, new, "1.1.0")
    assert shown in difference
    assert "\n-x\n" in difference
    assert ours.read_text() == HEAD


def test_only_what_was_pinned_by_name_is_pinned_anew() -> None:
    pins = "attrs==26.1.0 \\\n    --hash=sha256:00\nruff==0.18.0 \\\n    --hash=sha256:11\n"
    assert upgrade.pinned("# Why\nruff==0.17.6\nattrs\n", pins) == "# Why\nruff==0.18.0\nattrs\n"


def test_what_moved_is_told() -> None:
    before, after = "a==1 \\\n    --hash=x\nb==2 \\\nc==3\n", "a==1 \\\n    --hash=y\nb==2.1 \\\nd==4\n"
    assert [*upgrade.moved(before, after)] == ["b: 2 -> 2.1", "c: 3 -> gone", "d: new -> 4"]
