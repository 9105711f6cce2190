"""Names in the generated code: reserved words, and names that the runtime uses."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from pathlib import Path

from openapi_python_client.parser.properties import Property
from openapi_python_client.strings import PythonIdentifier

from generator.errors import GenerationError

# openapi-python-client reserves all builtins: `type` would become `type_`, and `credits`, which the module `site` adds
# to the builtins, `credits_`. Our templates need only these names: the members of a model, and the imports of the
# module of an operation.
RESERVED_WORDS = {
    *("self", "classmethod", "from_dict", "to_dict", "additional_properties"),
    *(
        "APIRequest",
        "Any",
        "AsyncClient",
        "Client",
        "File",
        "Literal",
        "Mapping",
        "Response",
        "Security",
        "Self",
        "Unset",
    ),
    *("APIResponseValidationError", "TYPE_CHECKING", "UNSET", "UUID"),
}


def method_names(tag: str, operations: Sequence[str], prefix: str) -> list[str]:
    """Return the names of a tag's methods: those of the operations, without the tag at the end or the start.

    `list_credits` of the tag `credits` is `list`, unless Python or another operation has that name.
    """
    short = [name.removesuffix(f"_{tag}").removeprefix(f"{tag}_") for name in operations]
    times = Counter(short)
    return [
        name if times[name] == 1 and PythonIdentifier(name, prefix) == name else operation
        for name, operation in zip(short, operations, strict=True)
    ]


def attribute_name(tag: str, taken: Set[str]) -> str:
    """Return the name of the client's attribute for a tag."""
    return f"{tag}_" if tag in taken else tag


def python_names(properties: Iterable[Property]) -> frozenset[str]:
    """Return the names of properties in Python."""
    return frozenset(property_.python_name for property_ in properties)


def exported_names(module: Path) -> list[str]:
    """Return the names in `__all__` of a module."""
    for node in _parsed(module).body:
        match node:
            case ast.Assign(targets=[ast.Name("__all__")], value=value):
                return list(ast.literal_eval(value))
            case _:
                pass
    raise ValueError(f"{module} has no __all__")


def attribute_names(runtime: Path, *classes: str) -> set[str]:
    """Return the attributes of runtime classes and of their bases: methods, annotations, `self.x`."""
    definitions = {
        node.name: node
        for path in sorted(runtime.rglob("*.py"))
        for node in _parsed(path).body
        if isinstance(node, ast.ClassDef)
    }
    if missing := set(classes) - definitions.keys():
        raise GenerationError(f"{runtime}: there is no class {', '.join(sorted(missing))}; see equip() in project.py")
    return {name for class_ in classes for name in _attributes(class_, definitions)}


def _parsed(module: Path) -> ast.Module:
    try:
        return ast.parse(module.read_text("utf-8"))
    except SyntaxError as error:
        raise GenerationError(f"{module}, line {error.lineno}: {error.msg}") from error


def _attributes(name: str, definitions: Mapping[str, ast.ClassDef]) -> Iterator[str]:
    if name not in definitions:  # a class of the standard library
        return
    for base in definitions[name].bases:
        base = base.value if isinstance(base, ast.Subscript) else base  # Base[T]
        if isinstance(base, ast.Name):
            yield from _attributes(base.id, definitions)
    for node in ast.walk(definitions[name]):
        match node:
            case ast.FunctionDef(name=member) | ast.AsyncFunctionDef(name=member):
                yield member
            case ast.Attribute(value=ast.Name("self"), attr=member, ctx=ast.Store()):
                yield member
            case _:
                pass
    for node in definitions[name].body:
        match node:
            case ast.AnnAssign(target=ast.Name(member)) | ast.Assign(targets=[ast.Name(member)]):
                yield member
            case _:
                pass
