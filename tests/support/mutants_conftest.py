"""The conftest.py of `make mutants`.

mutmut stops at the first failure, so the quickest tests run first. test_workshop gets a package generated once,
and whose runtime is the mutated one.
"""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path

import pytest
from mutmut.state import state

import generator.project
import tools

ALIAS = "import sys\nimport {module}\nsys.modules[__name__] = {module}\n"


def copy_workshop(spec: Path, config: Path, output: Path) -> None:
    shutil.copytree(tools.ROOT / "workshop", output)
    settings = tomllib.loads((tools.ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["mutmut"]
    for file in *settings["only_mutate"], "stablecog_client/types.py":
        if "*" not in file:
            alias = ALIAS.format(module=file.removesuffix(".py").replace("/", "."))
            (output / file.replace("stablecog_client", "workshop_client")).write_text(alias, "utf-8")


generator.project.generate = copy_workshop


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: state().duration_by_test.get(item.nodeid, 0))
