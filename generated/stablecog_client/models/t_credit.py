# Made by `make generate` from openapi.yaml. Do not edit: change that file, generator/ or runtime/ instead.
"""`TCredit` of the API description."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self

from attrs import field as _attrs_field
from attrs import frozen as _attrs_frozen

from .._runtime import codec
from ..errors import APIResponseValidationError

_FIELDS = frozenset({"id", "remaining_amount", "expires_at", "type"})

_new = object.__new__


@_attrs_frozen(slots=False, kw_only=True)
class TCredit:
    """A number of credits of one type that expire together."""

    id: str
    """Identifies the credit. A UUID, documented as a plain string."""
    remaining_amount: int
    """How much of this credit remains. May be negative."""
    expires_at: datetime.datetime
    """When the credit expires, in UTC, with up to 9 fractional digits. The year 2100 (`2100-01-01T05:00:00Z`) means
    that it never expires."""
    type: TCreditType
    """The type of a credit, such as a free allowance, a subscription or a gift."""
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
            field = "remaining_amount"
            value = data[field]
            if value.__class__ is not int:
                value = codec.integer(value)
            new["remaining_amount"] = value
            field = "expires_at"
            new["expires_at"] = _decode_expires_at(data[field])
            field = "type"
            new["type"] = TCreditType.from_dict(data[field])
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
            "remaining_amount": self.remaining_amount,
            "expires_at": codec.encode(self.expires_at),
            "type": self.type.to_dict(),
            **self.additional_properties,
        }

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        return codec.pydantic_schema(cls)


# At the end, because models may refer to each other.
from ..models.t_credit_type import TCreditType  # noqa: E402

_decode_expires_at: codec.Decoder[datetime.datetime] = codec.date_time
