# Made by `make generate` from openapi.yaml. Do not edit: change that file, generator/ or runtime/ instead.
"""`ErrorResponse` of the API description."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import field as _attrs_field
from attrs import frozen as _attrs_frozen

from .._runtime import codec
from ..errors import APIResponseValidationError
from ..types import UNSET, Unset

_FIELDS = frozenset({"error", "description"})

_new = object.__new__


@_attrs_frozen(slots=False, kw_only=True)
class ErrorResponse:
    """The error of a request handler."""

    error: str
    """What went wrong."""
    description: str | Unset = UNSET
    """Details."""
    additional_properties: dict[str, Any] = _attrs_field(factory=dict[str, Any], hash=False)
    """Fields that the API description does not list, kept as they are."""

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return the model for a JSON object.

        Raises:
            APIResponseValidationError: The object does not match the API description. `path` says where.
        """
        if data.__class__ is not dict:
            data = codec.mapping(data)
        self = _new(cls)
        new = self.__dict__  # filled in directly: twice as fast as calling `cls`
        field = "error"
        try:
            value = data[field]
            if value.__class__ is not str:
                value = codec.string(value)
            new["error"] = value
            field = "description"
            value = data.get(field, UNSET)
            if value is UNSET:
                new["description"] = value
            else:
                if value.__class__ is not str:
                    value = codec.string(value)
                new["description"] = value
        except APIResponseValidationError as error:
            del self  # incomplete, so its repr would fail in a traceback
            error.inside(field)
            raise
        except KeyError:
            del self
            raise codec.missing(field) from None
        new["additional_properties"] = {name: value for name, value in data.items() if name not in _FIELDS}
        return self

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object; the inverse of `from_dict`."""
        return codec.without_unset({"error": self.error, "description": self.description, **self.additional_properties})

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        return codec.pydantic_schema(cls)
