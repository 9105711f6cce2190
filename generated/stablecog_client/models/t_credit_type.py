# Made by `make generate` from openapi.yaml. Do not edit: change that file, generator/ or runtime/ instead.
"""`TCreditType` of the API description."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import field as _attrs_field
from attrs import frozen as _attrs_frozen

from .._runtime import codec
from ..errors import APIResponseValidationError

_FIELDS = frozenset({"id", "name", "amount", "description"})

_new = object.__new__


@_attrs_frozen(slots=False, kw_only=True)
class TCreditType:
    """The type of a credit, such as a free allowance, a subscription or a gift."""

    id: str
    """Identifies the type. A UUID, documented as a plain string."""
    name: str
    """The name of the type, such as `Free`."""
    amount: int
    """How much a new credit of this type holds. May be negative."""
    description: str
    """A sentence about the type."""
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
        field = "id"
        try:
            value = data[field]
            if value.__class__ is not str:
                value = codec.string(value)
            new["id"] = value
            field = "name"
            value = data[field]
            if value.__class__ is not str:
                value = codec.string(value)
            new["name"] = value
            field = "amount"
            value = data[field]
            if value.__class__ is not int:
                value = codec.integer(value)
            new["amount"] = value
            field = "description"
            value = data[field]
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
        new["additional_properties"] = (
            {} if len(data) == 4 else {name: value for name, value in data.items() if name not in _FIELDS}
        )
        return self

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object; the inverse of `from_dict`."""
        return {
            "id": self.id,
            "name": self.name,
            "amount": self.amount,
            "description": self.description,
            **self.additional_properties,
        }

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        return codec.pydantic_schema(cls)
