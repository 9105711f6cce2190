# Made by `make generate` from openapi.yaml. Do not edit: change that file or templates/, and run it again.
"""`TCredit` of the contract."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self

from attrs import field as _attrs_field
from attrs import frozen as _attrs_frozen

from .. import decoding
from ..errors import APIResponseValidationError

_FIELDS = frozenset({"id", "remaining_amount", "expires_at", "type"})

_new = object.__new__


@_attrs_frozen(slots=False, kw_only=True)
class TCredit:
    """An amount of credits of one type that expires at one time."""

    id: str
    """Identifies the credit. A UUID, documented as a plain string."""
    remaining_amount: int
    """Credits that remain of it. May be negative."""
    expires_at: datetime.datetime
    """When it expires, in UTC, with up to 9 fractional digits. The year 2100 (`2100-01-01T05:00:00Z`) stands for
    never."""
    type: TCreditType
    """The type of a credit, such as a free allowance, a subscription or a gift."""
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
            field = "remaining_amount"
            value = data[field]
            if value.__class__ is not int:
                value = decoding.integer(value)
            new["remaining_amount"] = value
            field = "expires_at"
            new["expires_at"] = _decode_expires_at(data[field])
            field = "type"
            new["type"] = TCreditType.from_dict(data[field])
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
            "remaining_amount": self.remaining_amount,
            "expires_at": decoding.encode(self.expires_at),
            "type": self.type.to_dict(),
            **self.additional_properties,
        }


setattr(TCredit, "additional_properties", decoding.LazyDict())  # noqa: B010

# Last, because models may refer to each other.
from ..models.t_credit_type import TCreditType  # noqa: E402

_decode_expires_at: decoding.Decoder[datetime.datetime] = decoding.date_time
