"""What `make mutants` needs, which takes too long to run here."""

from __future__ import annotations

import tomllib

from tools import ROOT


def test_settings_name_files_that_exist() -> None:
    """mutmut does not say which one is missing."""
    settings = tomllib.loads((ROOT / "tests" / "mutants.toml").read_text("utf-8"))["tool"]["mutmut"]
    names = settings["pytest_add_cli_args_test_selection"] + [f"generated/{name}" for name in settings["only_mutate"]]
    assert [name for name in names if not list(ROOT.glob(name))] == []
