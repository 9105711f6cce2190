"""Fixtures of the tests without sockets."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, settings
from stablecog_client._runtime import call, timing

from tests.support.script import Clock, ScriptedClient

# How long an example takes says how busy the machine is.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The time of the state machine."""
    clock = Clock()
    monkeypatch.setattr(call, "now", clock.monotonic)
    monkeypatch.setattr(timing, "now", clock.monotonic)
    monkeypatch.setattr(timing, "time", clock)
    return clock


@pytest.fixture
def script(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Callable[..., ScriptedClient]:
    """Make a client of events and options. Its backoff has no jitter: 0.1, 0.2, 0.4 ... seconds."""

    def uniform(low: float, high: float) -> float:
        return high

    monkeypatch.setattr(timing, "random", SimpleNamespace(uniform=uniform))
    return partial(ScriptedClient, clock)
