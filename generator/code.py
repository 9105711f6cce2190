"""Literals, and analysis of generated code: names it uses, imports it needs, builtins that a class hides."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable
from functools import cache

from openapi_python_client.schema.untrusted_string import UntrustedString

BUILTINS = frozenset({"bool", "bytes", "dict", "float", "int", "list", "str"})
"""The builtins that occur in the types of properties."""

MODULE_ALIASES = {**{name: f"_builtins.{name}" for name in BUILTINS}, "datetime": "_datetime"}
"""Replacements for names that a member of the class hides; `hidden_imports` returns their imports."""


def literal(text: UntrustedString | str) -> str:
    """Return a string literal; characters that cannot be seen are escaped."""
    value = text if isinstance(text, str) else text.get_untrusted_value()
    quoted = json.dumps(value, ensure_ascii=False)
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in quoted)


def qualify_builtins(code: str, members: frozenset[str] = frozenset()) -> str:
    """Return a declaration or an expression for use in a class with these members.

    A member hides the builtin, or the module `datetime`, of the same name: in a class with the method `list`,
    `x: list[int]` has to be `x: _builtins.list[int]`.
    """
    hidden = members & MODULE_ALIASES.keys()
    return _qualified(code, frozenset(hidden)) if hidden else code


def hidden_imports(members: frozenset[str]) -> list[str]:
    """Return the imports that qualified code needs in a class with these members."""
    return [
        *(["import builtins as _builtins"] if members & BUILTINS else []),
        *(["import datetime as _datetime"] if "datetime" in members else []),
    ]


def needed_imports(statements: Iterable[str], codes: Iterable[str]) -> list[str]:
    """Return the imports that the codes need out of these statements, one name each."""
    used = {name for code in codes for name in _names(code)}
    single = {single for statement in set(statements) for single in _split(statement)}
    return sorted(statement for statement in single if statement.split()[-1] in used)


def through_models(statement: str) -> str:
    """Return an import of a model as one of the package `models`, which has imported all of its modules by then.

    Two threads that import the package and one of its modules for the first time would wait for each other.
    """
    module, _, name = statement.partition(" import ")
    prefix, inside, _ = module.partition("models.")
    is_model = inside and prefix.endswith("...") and not name.startswith("check_")  # which the package does not export
    return f"{prefix}models import {name}" if is_model else statement


def _split(statement: str) -> list[str]:
    """Return `from a import b, c` as statements of one name each."""
    module, found, names = statement.partition(" import ")
    return [f"{module} import {name}" for name in names.split(", ")] if found else [statement]


@cache
def _names(code: str) -> frozenset[str]:
    return frozenset(node.id for node in _loaded(code))


@cache
def _qualified(code: str, hidden: frozenset[str]) -> str:
    lines = [line.encode() for line in code.splitlines(keepends=True)]  # ast counts columns in bytes
    for node in sorted(_loaded(code), key=lambda node: (node.lineno, node.col_offset), reverse=True):
        if node.id in hidden:
            line = lines[node.lineno - 1]
            qualified = MODULE_ALIASES[node.id].encode()
            lines[node.lineno - 1] = line[: node.col_offset] + qualified + line[node.end_col_offset :]
    return b"".join(lines).decode()


def _loaded(code: str) -> list[ast.Name]:
    """Return the names that code reads, without those that it declares."""
    return [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)]
