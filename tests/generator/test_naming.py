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


METHODS: dict[str, tuple[list[str], list[str]]] = {
    "shortened": (["list_credits", "get_credit", "credits_history"], ["list", "get_credit", "history"]),
    "word-of-python": (["import_credits", "credits"], ["import_credits", "credits"]),
    "name-of-another": (
        ["list_credits", "list", "list_credits_credits"],
        ["list_credits", "list", "list_credits_credits"],
    ),
    "twice": (["mend_credits", "credits_mend"], ["mend_credits", "credits_mend"]),
    "no-identifier": (["credits_2", "self_credits"], ["credits_2", "self_credits"]),
}


def test_tag_is_dropped_from_method_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless what is left is no name, or that of another."""
    monkeypatch.setattr(strings, "RESERVED_WORDS", RESERVED_WORDS)
    found = {name: method_names("credits", operations, "field_") for name, (operations, _) in METHODS.items()}
    assert found == {name: methods for name, (_, methods) in METHODS.items()}


def test_tag_named_as_client_member_is_renamed() -> None:
    """Others keep their name."""
    assert attribute_name("close", {"close", "send"}) == "close_"
    assert attribute_name("credits", {"close", "send"}) == "credits"


def test_attributes_of_bases_are_found_too(runtime: Path) -> None:
    """Methods, annotations, constants, and what is set on self."""
    assert attribute_names(runtime, "Client") == {"kind", "LIMIT", "__init__", "made", "_state", "send", "closed"}


def test_missing_class_of_runtime_is_named(runtime: Path) -> None:
    """It was renamed there and not here."""
    with pytest.raises(GenerationError, match="there is no class Gone"):
        attribute_names(runtime, "Client", "Gone")


def test_exported_names_are_those_of_all(tmp_path: Path) -> None:
    """In the order of `__all__`."""
    module = tmp_path / "errors.py"
    module.write_text("class A: ...\nclass B: ...\nclass C: ...\n\n__all__ = [\n    'C',\n    'A',\n]\n")
    assert exported_names(module) == ["C", "A"]


def test_module_that_is_not_python_is_named(tmp_path: Path) -> None:
    """With the line at fault."""
    module = tmp_path / "errors.py"
    module.write_text("x = 1\ndef (\n")
    with pytest.raises(GenerationError, match=r"errors\.py, line 2: invalid syntax"):
        exported_names(module)
