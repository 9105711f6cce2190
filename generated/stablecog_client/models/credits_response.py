# Made by `make generate` from openapi.yaml. Do not edit: change that file or templates/, and run it again.
"""`CreditsResponse` of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import field as _attrs_field
from attrs import frozen as _attrs_frozen

from .. import decoding
from ..errors import APIResponseValidationError

_FIELDS = frozenset({"total_remaining_credits", "credits"})

_new = object.__new__


@_attrs_frozen(slots=False, kw_only=True)
class CreditsResponse:
    """The account's credits and their total."""

    total_remaining_credits: int
    """Credits that remain of all credits together. May be negative."""
    credits: list[TCredit]
    """The credits that have not expired; an empty array when there are none, never null."""
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
        field = "total_remaining_credits"
        try:
            value = data[field]
            if value.__class__ is not int:
                value = decoding.integer(value)
            new["total_remaining_credits"] = value
            field = "credits"
            new["credits"] = decoding.array(data[field], TCredit.from_dict)
        except APIResponseValidationError as error:
            del self  # half made, it could not be shown in a traceback
            error.inside(field)
            raise
        except KeyError:
            del self
            raise decoding.missing(field) from None
        if len(data) != 2:
            new["additional_properties"] = {name: value for name, value in data.items() if name not in _FIELDS}
        return self

    def to_dict(self) -> dict[str, Any]:
        """The object as JSON has it, fit for `from_dict`."""
        return {
            "total_remaining_credits": self.total_remaining_credits,
            "credits": decoding.encode(self.credits),
            **self.additional_properties,
        }


setattr(CreditsResponse, "additional_properties", decoding.LazyDict())  # noqa: B010

# Last, because models may refer to each other.
from ..models.t_credit import TCredit  # noqa: E402
