"""Texts of a document in docstrings."""

from __future__ import annotations

import ast
from typing import Any

from generator.docstrings import describe_limits, docstring, limits, plain, section, with_limits, wrapped

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


def test_docstring_is_valid_whatever_it_says() -> None:
    """It says what can be seen of the text."""
    said = {text: ast.literal_eval(f'"""{docstring(text)}"""') for text in TEXTS}
    assert {text: "".join(shown.split()) for text, shown in said.items()} == {
        text: "".join(char for char in text if char.isprintable() and not char.isspace()) for text in TEXTS
    }


def test_text_has_no_white_space_around_it() -> None:
    """A block of YAML ends with a line break, and the entry of a docstring does not."""
    assert [plain(text) for text in (" a\n", "a\n\nb")] == ["a", "a\n\nb"]


def test_lines_are_wrapped_one_by_one() -> None:
    """At spaces, not at hyphens."""
    assert wrapped("one two three\n\nfour five-six", 9) == "one two\nthree\n\nfour\nfive-six"
    assert max(map(len, docstring("word " * 60, 40).splitlines())) <= 40


LIMITS: dict[str, dict[str, Any]] = {
    "At least 0, at most 20.": {"minimum": 0, "maximum": 20},
    "More than 0.5, less than 2.": {"exclusiveMinimum": 0.5, "exclusiveMaximum": 2},
    "At most 3, more than 0.": {"minimum": 0, "exclusiveMinimum": True, "maximum": 3, "exclusiveMaximum": False},
    "Less than 5.": {"maximum": 5, "exclusiveMaximum": True},
    "Length at least 1, length at most 9.": {"minLength": 1, "maxLength": 9},
    "Number of items at least 1, number of items at most 9.": {"minItems": 1, "maxItems": 9},
    "A multiple of 5.": {"multipleOf": 5, "deprecated": False},
    "At least 1. Deprecated.": {"minimum": 1, "deprecated": True},
    "Deprecated.": {"deprecated": True},
    "": {"type": "string", "minimum": {"type": "string"}},
}


def test_limits_of_a_schema_are_a_sentence() -> None:
    """Those of OpenAPI 3.0 as well; what is called like a limit and is no number is none."""
    assert {sentence: limits(schema) for sentence, schema in LIMITS.items()} == {text: text for text in LIMITS}


def test_limits_end_the_description() -> None:
    """After a full stop."""
    found = {text: with_limits(text, {"minimum": 1}) for text in (None, "A.", "A ")}
    assert found == {None: "At least 1.", "A.": "A. At least 1.", "A ": "A. At least 1."}


def test_limits_of_every_schema_are_described() -> None:
    """A property called like a limit is none, and an example is left as it is. What is deprecated says so."""
    document: dict[str, Any] = {
        "components": {"schemas": {"X": {"properties": {"minimum": {"maxLength": 2}}, "example": {"minimum": 3}}}},
        "paths": {"/a": {"get": {"parameters": [{"schema": {"items": {"minimum": 1}}}], "deprecated": True}}},
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
        "paths": {
            "/a": {
                "get": {
                    "parameters": [{"schema": {"items": {"minimum": 1, "description": "At least 1."}}}],
                    "deprecated": True,
                    "description": "Deprecated.",
                }
            }
        },
    }


def test_section_indents_entries_and_their_lines() -> None:
    """The further lines of an entry stand deeper than its first."""
    assert section("Raises", ["A: one\ntwo", "B: three"]) == "Raises:\n    A: one\n        two\n    B: three"
