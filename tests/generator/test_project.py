"""Generation as a whole: errors in one line, inputs in JSON, cost in step with the document."""

from __future__ import annotations

import json
import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, get_args

import pytest

import generator
from generator.__main__ import main
from generator.errors import GenerationError
from generator.project import build, generate
from tests.generator.documents import OK, described

ROOT = generator.ROOT
GENERATOR = str(Path(generator.__file__).parent)
SETTINGS = "project_name_override: test-client\npackage_name_override: test_client\npost_hooks: []\n"
KEY = {"type": "apiKey", "in": "header", "name": "X-Key"}


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """Settings without post-hooks."""
    path = tmp_path / "settings.yaml"
    path.write_text(SETTINGS)
    return path


def write(document: Any, folder: Path) -> Path:
    path = folder / "document.json"
    path.write_text(json.dumps(document))
    return path


FAULTS: dict[str, dict[str, Any]] = {
    "document.json: $.paths['/a']: a $ref of a path is not followed; write its operations here": described(
        {"/a": {"$ref": "#/x"}}
    ),
    "document.json: $.servers[0].url: {region} has no default; give it one as variables.region.default": described(
        servers=[{"url": "https://{region}.example"}]
    ),
}


@pytest.mark.parametrize("line", FAULTS, ids=["refused", "no-default"])
def test_what_cannot_be_generated_is_one_line(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It names the place in the document and says what to do; the last line is that of every failure."""
    output = tmp_path / "made"
    monkeypatch.setattr(sys, "argv", ["generator", f"--spec={write(FAULTS[line], tmp_path)}", f"--output={output}"])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 1
    assert capsys.readouterr().err.splitlines() == [
        line,
        f"{output} is unchanged. Fix what is named above, then run `make generate` again.",
    ]
    assert not output.exists()


UNREADABLE = {
    "missing.yaml": (None, "No such file or directory"),
    "list.yaml": ("- 1\n", "it is not an OpenAPI document: expected a mapping"),
    "broken.json": ("{", "Invalid JSON: "),
    "broken.yaml": ("a: [", "Invalid YAML: .*; check the indentation"),
    "duplicate.yaml": ("a: 1\na: 2\n", 'Invalid YAML: line 2, column 1: found duplicate key "a" .*"1"\\)$'),
    "tag.yaml": ("a: !b 1\n", "Invalid YAML: line 1, column 4: could not determine a constructor for the tag '!b'$"),
    "control.yaml": ("a: \x07\n", "Invalid YAML: unacceptable character .*, position 3$"),
    "date.yaml": ("a: 2026-02-30\n", "Invalid YAML: day is out of range for month; quote a text"),
    "number.yaml": ("a: !!int b\n", "Invalid YAML: invalid literal for int"),
    "latin.yaml": (b"a: \xe9\n", "it is not in UTF-8: 'utf-8' codec can't decode byte 0xe9"),
    "alias.yaml": ("paths: &paths { /a: *paths }\n", "it is nested too deeply; if an alias"),
}


def test_document_that_cannot_be_read_is_named(tmp_path: Path, settings: Path) -> None:
    """With the reason, in one line."""
    for name, (content, reason) in UNREADABLE.items():
        if content is not None:
            (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        with pytest.raises(GenerationError, match=f"{name}: {reason}") as caught:
            generate(tmp_path / name, settings, tmp_path / "made")
        assert "\n" not in str(caught.value)


def test_runtime_and_licence_are_in_the_package(tmp_path: Path, settings: Path) -> None:
    """Every module, in subfolders as well, with the banner as its first line."""
    build(write(described(), tmp_path), settings, tmp_path / "made")
    package = tmp_path / "made" / "test_client"
    modules = [path.relative_to(ROOT / "runtime") for path in (ROOT / "runtime").rglob("*.py")]
    assert modules
    for path, source in [
        *((package / module, ROOT / "runtime" / module) for module in modules),
        (tmp_path / "made" / "LICENSE", ROOT / "LICENSE"),
    ]:
        banner, _, rest = path.read_text("utf-8").partition("\n")
        assert banner.startswith("# Made by `make generate` from document.json. ")
        assert rest.lstrip("\n") == source.read_text("utf-8")
    assert (package / "py.typed").read_text("utf-8").startswith("# Made by")


def test_readme_calls_a_tag_by_its_attribute(tmp_path: Path, settings: Path) -> None:
    """`client.close` closes the client."""
    build(
        write(described({"/a": {"get": {**OK, "tags": ["close"], "operationId": "close"}}}), tmp_path),
        settings,
        tmp_path / "made",
    )
    readme = (tmp_path / "made" / "README.md").read_text("utf-8")
    assert "print(client.close_.close())" in readme
    assert "- `client.close_.close`: " in readme
    assert "from test_client.api.close import close" in readme


def test_literal_enum_checks_its_values(tmp_path: Path, settings: Path) -> None:
    """They are listed in one order, whatever that of the set in which openapi-python-client has them."""
    values = ["b", "a", "A", 'C "c"', "B"]
    schema = {"enum": values, "x-enum-varnames": ["V1", "V2", "V3", "V4", "V5"]}
    settings.write_text(f"{SETTINGS}literal_enums: true\n")
    build(write(described(components={"schemas": {"Letter": schema}}), tmp_path), settings, tmp_path / "made")
    module = runpy.run_path(str(tmp_path / "made" / "test_client" / "models" / "letter.py"))
    assert get_args(module["Letter"]) == ("A", "B", 'C "c"', "a", "b")
    check = module["check_letter"]
    assert [check(value) for value in values] == values
    with pytest.raises(TypeError, match=r"Unexpected value 'c'\. Expected one of "):
        check("c")


def test_readme_marks_a_call_with_arguments(tmp_path: Path, settings: Path) -> None:
    """The block is not run by tests, as the arguments are to be filled in."""
    parameters = [{"name": "q", "in": "query", "schema": {"type": "string"}}]
    build(
        write(
            described({"/a": {"get": {**OK, "tags": ["a"], "operationId": "b", "parameters": parameters}}}), tmp_path
        ),
        settings,
        tmp_path / "made",
    )
    readme = (tmp_path / "made" / "README.md").read_text("utf-8")
    assert "```py\nfrom test_client import Client\n" in readme
    assert "    print(client.a.b(...))\n```" in readme


def test_old_output_is_back_if_renaming_fails(tmp_path: Path, settings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The new one is beside it by then; the folder around both may be missing at first."""
    spec, output = write(described(), tmp_path), tmp_path / "no" / "folder" / "made"
    generate(spec, settings, output)
    (output / "old").touch()
    rename = Path.rename

    def fail(self: Path, target: Path) -> Path:
        if self.name == "new":
            raise KeyboardInterrupt
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(KeyboardInterrupt):
        generate(spec, settings, output)
    assert (output / "old").exists()
    assert [path.name for path in output.parent.iterdir()] == ["made"]


def many(count: int) -> dict[str, Any]:
    """Return a document with so many operations of one tag, each with a model of its own."""
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {}
    for number in range(100, 100 + count):
        string = {"type": "string"}
        schemas[f"Thing{number}"] = {"type": "object", "properties": {"a": string, f"b{number}": {"type": "integer"}}}
        content = {"application/json": {"schema": {"$ref": f"#/components/schemas/Thing{number}"}}}
        paths[f"/things/{number}/{{id}}"] = {
            "get": {
                "tags": ["things"],
                "operationId": f"things_{number}_list",
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "description": "An id.", "schema": string},
                    {"name": "list", "in": "query", "schema": {"type": "array", "items": string}},
                    {"name": f"q{number}", "in": "query", "schema": {"type": "integer"}},
                ],
                "responses": {"200": {"description": "ok", "content": content}, "404": {"description": "None."}},
            }
        }
    components = {"schemas": schemas, "securitySchemes": {"key": KEY}}
    return described(paths, components=components, security=[{"key": []}], tags=[{"name": "things"}])


def lines_run(call: Callable[[], None]) -> int:
    """Return how many lines of the generator and its templates run in a call, each turn of a loop counted."""
    lines = 0

    def count(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal lines
        if not frame.f_code.co_filename.startswith(GENERATOR):
            return None
        lines += event == "line"
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        call()
    finally:
        sys.settrace(before)
    return lines


def test_cost_grows_in_step_with_the_document(tmp_path: Path, settings: Path) -> None:
    """The second twenty operations cost what the first did: nothing is searched for each of them."""

    def cost(count: int) -> int:
        return lines_run(lambda: build(write(many(count), tmp_path), settings, tmp_path / str(count)))

    first, second, third = cost(20), cost(40), cost(60)
    assert second - first > 1000
    assert third - second == pytest.approx(second - first, rel=0.01)
