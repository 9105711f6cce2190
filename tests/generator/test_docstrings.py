"""Texts of a document in docstrings."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from generator.docstrings import describe_limits, docstring, limits, section, with_limits, wrapped

TEXTS = [
    *(
        'ends in a "quote"',
        'a """triple""" one',
        "back\\slash \\N \\x",
        "",
        '"',
        "\\",
        "nul\0 and \x07 bell",
        "{{ x }}",
    ),
    *("  spaces around  ", "two\n\nparagraphs", "tab\tin it", "word " * 60, "\\" * 300, "long" * 60),
]


@pytest.mark.parametrize("text", TEXTS)
def test_docstring_is_valid_python_whatever_it_says(text: str) -> None:
    code = f'"""{docstring(text)}"""'
    said = ast.literal_eval(code)
    assert "".join(said.split()) == "".join(char for char in text if char.isprintable() and not char.isspace())


def test_lines_are_wrapped_one_by_one() -> None:
    assert wrapped("one two three\n\nfour five-six", 9) == "one two\nthree\n\nfour\nfive-six"
    assert max(map(len, docstring("word " * 60, 40).splitlines())) <= 40


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "string"}, ""),
        ({"minimum": 0, "maximum": 20}, "At least 0, at most 20."),
        ({"exclusiveMinimum": 0.5, "exclusiveMaximum": 2}, "More than 0.5, less than 2."),
        ({"minimum": 0, "exclusiveMinimum": True, "maximum": 3, "exclusiveMaximum": False}, "At most 3, more than 0."),
        ({"minLength": 1, "maxLength": 9}, "Length at least 1, length at most 9."),
        ({"minItems": 1, "maxItems": 9}, "Number of items at least 1, number of items at most 9."),
        ({"multipleOf": 5}, "A multiple of 5."),
        ({"minimum": {"type": "string"}}, ""),
    ],
)
def test_limits_are_a_sentence(schema: dict[str, Any], expected: str) -> None:
    assert limits(schema) == expected


@pytest.mark.parametrize(
    ("description", "expected"), [(None, "At least 1."), ("A.", "A. At least 1."), ("A ", "A. At least 1.")]
)
def test_limits_end_the_description(description: str | None, expected: str) -> None:
    assert with_limits(description, {"minimum": 1}) == expected


def test_limits_of_every_schema_are_described() -> None:
    """A property called like a limit is none, and an example is left as it is."""
    document: dict[str, Any] = {
        "components": {"schemas": {"X": {"properties": {"minimum": {"maxLength": 2}}, "example": {"minimum": 3}}}},
        "paths": {"/a": {"get": {"parameters": [{"schema": {"items": {"minimum": 1}}}]}}},
    }
    describe_limits(document)
    describe_limits(document)  # as an alias of YAML is met twice
    assert document == {
        "components": {
            "schemas": {
                "X": {
                    "properties": {"minimum": {"maxLength": 2, "description": "Length at most 2."}},
                    "example": {"minimum": 3},
                }
            }
        },
        "paths": {"/a": {"get": {"parameters": [{"schema": {"items": {"minimum": 1, "description": "At least 1."}}}]}}},
    }


def test_section_indents_entries_and_their_lines() -> None:
    """The further lines of an entry stand deeper than its first."""
    assert section("Raises", ["A: one\ntwo", "B: three"]) == "Raises:\n    A: one\n        two\n    B: three"
