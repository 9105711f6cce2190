"""OpenAPI documents to generate from, and what the generator makes of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from openapi_python_client import strings
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData

from generator.document import Document
from generator.naming import RESERVED_WORDS
from generator.operations import API
from generator.upstream import parse

OK: dict[str, Any] = {"responses": {"200": {"description": "ok"}}}


def described(paths: dict[str, Any] | None = None, **parts: Any) -> dict[str, Any]:
    """Return a document with these paths and other parts."""
    document = {"openapi": "3.1.0", "info": {"title": "Test", "version": "1"}, "paths": paths or {}, **parts}
    return {name.replace("_", "-"): part for name, part in document.items()}


def parsed(document: dict[str, Any], monkeypatch: Any, **settings: Any) -> tuple[GeneratorData, Config]:
    """Return what openapi-python-client makes of a document."""
    monkeypatch.setattr(strings, "RESERVED_WORDS", RESERVED_WORDS)
    config = Config.from_sources(ConfigFile(**settings), MetaType.UV, Path("test.yaml"), "utf-8", False, None)
    return parse(document, config), config


def api(document: dict[str, Any], monkeypatch: Any, *, taken: frozenset[str] = frozenset(), **settings: Any) -> API:
    """Return the operations of a document."""
    data, config = parsed(document, monkeypatch, **settings)
    return API(data, Document(document), config, taken)
