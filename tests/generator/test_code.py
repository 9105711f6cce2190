"""What is found out about code: names that a class hides, imports that are needed."""

from __future__ import annotations

import pytest

from generator.code import hidden_imports, needed_imports, qualify_builtins, through_models


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("list: list[str] | Unset = UNSET", "list: _builtins.list[str] | Unset = UNSET"),
        ('note: str = "the str of a list"', 'note: str = "the str of a list"'),
        ("items: dict[str, list[list[int]]]", "items: dict[str, _builtins.list[_builtins.list[int]]]"),
        ("a: module.list | mylist | lists", "a: module.list | mylist | lists"),
        ("é: list[str]", "é: _builtins.list[str]"),
        ("at: datetime.date = datetime.date(1, 2, 3)", "at: _datetime.date = _datetime.date(1, 2, 3)"),
        ("x: list[\n    list[int],\n]", "x: _builtins.list[\n    _builtins.list[int],\n]"),
        ("list[int]", "_builtins.list[int]"),
    ],
)
def test_hidden_builtins_are_qualified(code: str, expected: str) -> None:
    assert qualify_builtins(code, frozenset({"list", "datetime", "other"})) == expected


def test_code_stays_where_nothing_is_hidden() -> None:
    assert qualify_builtins("x: list [int]", frozenset({"get", "items"})) == "x: list [int]"
    assert qualify_builtins("not checked (") == "not checked ("


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"get"}, []),
        ({"str", "int", "get"}, ["import builtins as _builtins"]),
        ({"datetime"}, ["import datetime as _datetime"]),
        ({"list", "datetime"}, ["import builtins as _builtins", "import datetime as _datetime"]),
    ],
)
def test_qualified_code_finds_its_imports(members: set[str], expected: list[str]) -> None:
    assert hidden_imports(frozenset(members)) == expected


def test_needed_imports_are_single_and_sorted() -> None:
    statements = [
        "import datetime",
        "from ..types import UNSET, File, Unset",
        "from .a import A",
        "import builtins as _builtins",
    ]
    codes = ["when: datetime.date | Unset = UNSET", 'File: str = "A"']
    assert needed_imports([*statements, "from ..types import UNSET"], codes) == [
        "from ..types import UNSET",
        "from ..types import Unset",
        "import datetime",
    ]


def test_import_under_another_name_is_needed_by_it() -> None:
    statements = ["import datetime", "import datetime as _datetime"]
    assert needed_imports(statements, ["when: _datetime.date"]) == ["import datetime as _datetime"]


@pytest.mark.parametrize(
    ("statement", "through"),
    [
        ("from ...models.t_credit import TCredit", "from ...models import TCredit"),
        ("from ...models.colour import check_colour", "from ...models.colour import check_colour"),
        ("from ..models.t_credit import TCredit", "from ..models.t_credit import TCredit"),
        ("from ...types import File", "from ...types import File"),
        ("import datetime", "import datetime"),
    ],
)
def test_models_are_imported_from_their_package(statement: str, through: str) -> None:
    """Only the modules of the package import each other."""
    assert through_models(statement) == through
