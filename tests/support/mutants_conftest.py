"""The conftest.py of `make mutants`.

mutmut stops at the first failure, so the quickest tests run first. test_workshop gets a package that was generated once
and uses the mutated runtime.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from mutmut.state import state

import generator.project
import tools


def copy_workshop(spec: Path, config: Path, output: Path) -> None:
    shutil.copytree(tools.ROOT / "workshop", output)


generator.project.generate = copy_workshop


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: state().duration_by_test.get(item.nodeid, 0))
