"""Texts of a document in docstrings."""

from __future__ import annotations

import ast

import pytest

from generator.docstrings import docstring, section, wrapped

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


def test_section_indents_entries_and_their_lines() -> None:
    """The further lines of an entry stand deeper than its first."""
    assert section("Raises", ["A: one\ntwo", "B: three"]) == "Raises:\n    A: one\n        two\n    B: three"
