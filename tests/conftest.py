"""Fixtures that several tests need."""

from __future__ import annotations

import os

import pytest

from tests.support.surfaces import SURFACES, Call


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction]
    """No key, server or proxy of whoever runs the tests."""
    for name in [name for name in os.environ if name.startswith("STABLECOG_") or name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)


@pytest.fixture(params=SURFACES.values(), ids=list(SURFACES))
def call(request: pytest.FixtureRequest) -> Call:
    """The operation through each surface, by a client of its own: `call(base_url, api_key, **options)`."""
    surface: Call = request.param
    return surface
