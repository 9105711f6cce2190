"""Names: of methods, of the client's attributes, of what the runtime exports."""

from __future__ import annotations

from pathlib import Path

import pytest
from openapi_python_client import strings

from generator.errors import GenerationError
from generator.naming import RESERVED_WORDS, attribute_name, attribute_names, exported_names, method_names

RUNTIME = {
    "base.py": "class Base(Generic[T]):\n    kind: str\n    LIMIT = 1\n    def __init__(self) -> None:\n"
    "        self.made, self._state = 1, 2\n        other.foreign = self.read\n",
    "private/client.py": "class Client(Base[int], metaclass=M):\n    async def send(self) -> None: ...\n"
    "    @property\n    def closed(self) -> bool: ...\nclass Other:\n    def unrelated(self) -> None: ...\n",
}


@pytest.fixture
def runtime(tmp_path: Path) -> Path:
    for name, source in RUNTIME.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(source)
    return tmp_path


@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        (["list_credits", "get_credit", "credits_history"], ["list", "get_credit", "history"]),
        (["import_credits", "credits"], ["import_credits", "credits"]),
        (["list_credits", "list", "list_credits_credits"], ["list_credits", "list", "list_credits_credits"]),
        (["mend_credits", "credits_mend"], ["mend_credits", "credits_mend"]),
        (["credits_2", "self_credits"], ["credits_2", "self_credits"]),
    ],
    ids=["shortened", "word-of-python", "name-of-another", "twice", "no-identifier"],
)
def test_tag_is_dropped_from_method_names(
    operations: list[str], expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strings, "RESERVED_WORDS", RESERVED_WORDS)
    assert method_names("credits", operations, "field_") == expected


def test_tag_called_as_member_of_client_is_renamed() -> None:
    assert attribute_name("close", {"close", "send"}) == "close_"
    assert attribute_name("credits", {"close", "send"}) == "credits"


def test_attributes_of_class_and_its_bases_are_found(runtime: Path) -> None:
    assert attribute_names(runtime, "Client") == {"kind", "LIMIT", "__init__", "made", "_state", "send", "closed"}


def test_missing_class_of_runtime_is_named(runtime: Path) -> None:
    with pytest.raises(GenerationError, match="there is no class Gone"):
        attribute_names(runtime, "Client", "Gone")


def test_exported_names_are_those_of_all(tmp_path: Path) -> None:
    module = tmp_path / "errors.py"
    module.write_text("class A: ...\nclass B: ...\nclass C: ...\n\n__all__ = [\n    'C',\n    'A',\n]\n")
    assert exported_names(module) == ["C", "A"]


def test_module_that_is_not_python_is_named(tmp_path: Path) -> None:
    module = tmp_path / "errors.py"
    module.write_text("x = 1\ndef (\n")
    with pytest.raises(GenerationError, match=r"errors\.py, line 2: invalid syntax"):
        exported_names(module)
