# Made by `make generate` from openapi.yaml. Do not edit: change that file or templates/, and run it again.
"""`TCreditType` of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import field as _attrs_field
from attrs import frozen as _attrs_frozen

from .. import decoding
from ..errors import APIResponseValidationError

_FIELDS = frozenset({"id", "name", "amount", "description"})

_new = object.__new__


@_attrs_frozen(slots=False, kw_only=True)
class TCreditType:
    """The type of a credit, such as a free allowance, a subscription or a gift."""

    id: str
    """Identifies the type. A UUID, documented as a plain string."""
    name: str
    """Name of the type, such as `Free`."""
    amount: int
    """Credits that this type comes with by default. May be negative."""
    description: str
    """The type in a sentence."""
    additional_properties: dict[str, Any] = _attrs_field(factory=dict[str, Any], hash=False)
    """Fields that the contract does not name, kept as they came."""

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Decode an object of the JSON, as the contract describes it.

        Raises:
            APIResponseValidationError: It is not what the contract says; the error has the JSON path.
        """
        if data.__class__ is not dict:
            data = decoding.mapping(data)
        self = _new(cls)
        new = self.__dict__  # filled in directly: half the time of a call of `cls`
        field = "id"
        try:
            value = data[field]
            if value.__class__ is not str:
                value = decoding.string(value)
            new["id"] = value
            field = "name"
            value = data[field]
            if value.__class__ is not str:
                value = decoding.string(value)
            new["name"] = value
            field = "amount"
            value = data[field]
            if value.__class__ is not int:
                value = decoding.integer(value)
            new["amount"] = value
            field = "description"
            value = data[field]
            if value.__class__ is not str:
                value = decoding.string(value)
            new["description"] = value
        except APIResponseValidationError as error:
            del self  # half made, it could not be shown in a traceback
            error.inside(field)
            raise
        except KeyError:
            del self
            raise decoding.missing(field) from None
        if len(data) != 4:
            new["additional_properties"] = {name: value for name, value in data.items() if name not in _FIELDS}
        return self

    def to_dict(self) -> dict[str, Any]:
        """The object as JSON has it, fit for `from_dict`."""
        return {
            "id": self.id,
            "name": self.name,
            "amount": self.amount,
            "description": self.description,
            **self.additional_properties,
        }


setattr(TCreditType, "additional_properties", decoding.LazyDict())  # noqa: B010
