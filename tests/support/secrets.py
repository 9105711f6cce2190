"""Everything that may show the API key of an error."""

from __future__ import annotations

import asyncio
import inspect
import io
import os
import pickle
import threading
import traceback
import warnings
from collections.abc import Iterable
from typing import cast

import pytest
from rich.console import Console
from rich.traceback import Traceback
from stablecog_client import APIError

from tests.support.faults import KEY

PIECE = KEY[:12]  # not even so much of the key may show


def check_nothing_shows(error: BaseException, logged: str = "") -> None:
    shown = everything_shown(error) + logged
    assert PIECE not in shown, shown[max(0, shown.index(PIECE) - 2000) :][:2200]


def everything_shown(error: BaseException) -> str:
    """All that anyone shows of an error."""
    shown = [str(error), repr(error), *traceback.format_exception(error)]
    if isinstance(error, APIError):
        shown.append(pickle.dumps(error).decode("latin-1"))
    seen: list[BaseException] = [error]
    for one in seen:
        shown += [found_in_vars(one), *traceback.TracebackException.from_exception(one, capture_locals=True).format()]
        seen += [other for other in (one.__cause__, one.__context__) if other is not None and other not in seen]
    as_pytest = (
        pytest.ExceptionInfo[BaseException]
        .from_exception(error)
        .getrepr(showlocals=True, style="long", chain=True, truncate_locals=False, abspath=True)
    )
    shown.append(str(as_pytest))
    screen = io.StringIO()
    assert error.__traceback__ is not None
    as_rich = Traceback.from_exception(
        type(error), error, error.__traceback__, show_locals=True, width=200,
        locals_max_length=1000, locals_max_string=100_000, max_frames=1000,
    )  # fmt: skip
    Console(file=screen, width=200).print(as_rich)
    shown.append(screen.getvalue())
    return "\n".join(shown)


def found_in_vars(root: object) -> str:
    """The key if it can be reached by attributes and items, with the way to it."""
    seen: set[int] = set()
    queue: list[tuple[str, object]] = [(type(root).__name__, root)]
    while queue:
        path, value = queue.pop()
        if id(value) in seen or isinstance(value, type | type(os) | threading.Thread | asyncio.AbstractEventLoop):
            continue
        seen.add(id(value))
        if isinstance(value, str | bytes | bytearray):
            if PIECE in (value if isinstance(value, str) else bytes(value).decode("latin-1")):
                return f"{path}: {PIECE}"
        elif isinstance(value, dict):
            queue += [(f"{path}[{key!r}]", item) for key, item in cast("dict[object, object]", value).items()]
            queue += [(f"a key of {path}", key) for key in cast("dict[object, object]", value)]
        elif isinstance(value, list | tuple | set | frozenset):
            queue += [(f"{path}[]", item) for item in cast("Iterable[object]", value)]
        elif not callable(value) or hasattr(value, "__dict__"):
            slots = [name for kind in inspect.getmro(type(value)) for name in getattr(kind, "__slots__", ())]
            with warnings.catch_warnings(action="ignore"):
                queue += [(f"{path}.{name}", getattr(value, name, None)) for name in slots if name != "__weakref__"]
            queue += [(f"{path}.{name}", item) for name, item in getattr(value, "__dict__", {}).items()]
    return ""
