# Made by `make generate` from openapi.yaml. Do not edit: change that file, generator/ or runtime/ instead.
"""`CreditsResponse` of the API description."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import field as _attrs_field
from attrs import frozen as _attrs_frozen

from .._runtime import codec
from ..errors import APIResponseValidationError

_FIELDS = frozenset({"total_remaining_credits", "credits"})

_new = object.__new__


@_attrs_frozen(slots=False, kw_only=True)
class CreditsResponse:
    """The account's credits and their total."""

    total_remaining_credits: int
    """The total of all remaining credits. May be negative."""
    credits: list[TCredit]
    """The credits that have not expired. Empty if there are none, never null."""
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
        field = "total_remaining_credits"
        try:
            value = data[field]
            if value.__class__ is not int:
                value = codec.integer(value)
            new["total_remaining_credits"] = value
            field = "credits"
            new["credits"] = codec.array(data[field], TCredit.from_dict)
        except APIResponseValidationError as error:
            del self  # incomplete, so its repr would fail in a traceback
            error.inside(field)
            raise
        except KeyError:
            del self
            raise codec.missing(field) from None
        new["additional_properties"] = (
            {} if len(data) == 2 else {name: value for name, value in data.items() if name not in _FIELDS}
        )
        return self

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object; the inverse of `from_dict`."""
        return {
            "total_remaining_credits": self.total_remaining_credits,
            "credits": codec.encode(self.credits),
            **self.additional_properties,
        }

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        return codec.pydantic_schema(cls)


# At the end, because models may refer to each other.
from ..models.t_credit import TCredit  # noqa: E402
