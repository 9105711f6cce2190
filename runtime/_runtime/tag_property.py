"""The attributes of a client for the tags of the API description."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    tag_property = cached_property
else:

    class tag_property(cached_property):
        """A cached property whose value can be looked at on the class, too, as `create_autospec` does."""

        def __get__(self, client: Any, owner: Any = None) -> Any:
            return self.func(None) if client is None else super().__get__(client, owner)
