"""What is found out about code: names that a class hides, imports that are needed."""

from __future__ import annotations

from generator.code import BUILTINS, hidden_imports, literal, needed_imports, qualify_builtins, through_models

QUALIFIED = {
    "list: list[str] | Unset = UNSET": "list: _builtins.list[str] | Unset = UNSET",
    'note: str = "the str of a list"': 'note: str = "the str of a list"',
    "items: dict[str, list[list[int]]]": "items: dict[str, _builtins.list[_builtins.list[int]]]",
    "a: module.list | mylist | lists": "a: module.list | mylist | lists",
    "é: list[str]": "é: _builtins.list[str]",
    "at: datetime.date = datetime.date(1, 2, 3)": "at: _datetime.date = _datetime.date(1, 2, 3)",
    "x: list[\n    list[int],\n]": "x: _builtins.list[\n    _builtins.list[int],\n]",
}


def test_hidden_builtins_are_qualified() -> None:
    """Where they are read; not where they are declared, in a text, or part of another name."""
    members = frozenset({"list", "datetime", "other"})
    assert {code: qualify_builtins(code, members) for code in QUALIFIED} == QUALIFIED


def test_each_builtin_of_types_is_qualified() -> None:
    """Each that openapi-python-client may write into the type of a property."""
    assert {"bool", "bytes", "dict", "float", "int", "list", "str"} == BUILTINS
    for name in BUILTINS:
        assert qualify_builtins(f"x: {name}", frozenset({name})) == f"x: _builtins.{name}"


def test_characters_without_a_shape_are_escaped() -> None:
    """Those that turn the direction of a text would show other code than there is."""
    assert [literal(text) for text in ("a\u202eb", "a\u200b\x7f", "é")] == [r'"a\u202eb"', r'"a\u200b\x7f"', '"é"']


def test_code_stays_where_nothing_is_hidden() -> None:
    """It is not even parsed."""
    assert qualify_builtins("x: list [int]", frozenset({"get", "items"})) == "x: list [int]"
    assert qualify_builtins("not checked (") == "not checked ("


def test_qualified_code_finds_its_imports() -> None:
    """Of builtins and of the module datetime, each if it is hidden."""
    builtins, datetime = "import builtins as _builtins", "import datetime as _datetime"
    found = [hidden_imports(frozenset(members)) for members in ({"get"}, {"str", "int"}, {"datetime"})]
    assert found == [[], [builtins], [datetime]]
    assert hidden_imports(frozenset({"list", "datetime"})) == [builtins, datetime]


def test_needed_imports_are_single_and_sorted() -> None:
    """Those of names that the codes read."""
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


def test_import_is_needed_by_its_other_name() -> None:
    """`import a as b` by b, not by a."""
    statements = ["import datetime", "import datetime as _datetime"]
    assert needed_imports(statements, ["when: _datetime.date"]) == ["import datetime as _datetime"]


THROUGH_MODELS = {
    "from ...models.t_credit import TCredit": "from ...models import TCredit",
    "from ...models.colour import check_colour": "from ...models.colour import check_colour",
    "from ..models.t_credit import TCredit": "from ..models.t_credit import TCredit",
    "from ...types import File": "from ...types import File",
    "import datetime": "import datetime",
}


def test_models_are_imported_from_their_package() -> None:
    """Only the modules of the package import each other."""
    assert {statement: through_models(statement) for statement in THROUGH_MODELS} == THROUGH_MODELS
