"""Lets pydantic, and so FastAPI, validate and serialise models. Imported by their use alone."""

from __future__ import annotations

from typing import Any

from pydantic_core import core_schema


def schema_for(model: Any) -> core_schema.CoreSchema:
    """Return the schema of a model: an instance, or a JSON object for `from_dict`; serialised by `to_dict`."""

    def validate(value: Any) -> Any:
        return value if isinstance(value, model) else model.from_dict(value)

    def serialize(value: Any) -> Any:
        return value.to_dict()

    json_object = core_schema.dict_schema(keys_schema=core_schema.str_schema())
    return core_schema.no_info_plain_validator_function(
        validate,
        json_schema_input_schema=json_object,
        serialization=core_schema.plain_serializer_function_ser_schema(serialize, return_schema=json_object),
    )
