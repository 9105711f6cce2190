"""Expressions that decode and encode the values of properties with the functions of `codec` and `bodies`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import cast

from openapi_python_client import schema as oai
from openapi_python_client.parser.properties import (
    AnyProperty,
    EnumProperty,
    LiteralEnumProperty,
    ModelProperty,
)
from openapi_python_client.parser.properties.boolean import BooleanProperty
from openapi_python_client.parser.properties.const import ConstProperty
from openapi_python_client.parser.properties.date import DateProperty
from openapi_python_client.parser.properties.datetime import DateTimeProperty
from openapi_python_client.parser.properties.file import FileProperty
from openapi_python_client.parser.properties.float import FloatProperty
from openapi_python_client.parser.properties.int import IntProperty
from openapi_python_client.parser.properties.list_property import ListProperty
from openapi_python_client.parser.properties.none import NoneProperty
from openapi_python_client.parser.properties.protocol import PropertyProtocol
from openapi_python_client.parser.properties.string import StringProperty
from openapi_python_client.parser.properties.union import UnionProperty
from openapi_python_client.parser.properties.uuid import UuidProperty
from openapi_python_client.parser.responses import Response

from generator.code import literal
from generator.discriminators import DiscriminatedUnion

FUNCTIONS: dict[type[PropertyProtocol], str] = {
    AnyProperty: "anything",
    BooleanProperty: "boolean",
    DateProperty: "date",
    DateTimeProperty: "date_time",
    FileProperty: "file",
    FloatProperty: "number",
    IntProperty: "integer",
    NoneProperty: "null",
    StringProperty: "string",
    UuidProperty: "uuid",
}

INLINE_CHECKS: dict[type[PropertyProtocol], str] = {StringProperty: "str", IntProperty: "int", BooleanProperty: "bool"}
"""Classes that generated code checks inline: a call of the decoder would cost more."""

UNCHANGED = (
    *(AnyProperty, BooleanProperty, ConstProperty, FloatProperty, IntProperty, LiteralEnumProperty),
    *(NoneProperty, StringProperty),
)
"""Properties whose values are the same in JSON and in Python."""


SOME_STRINGS = (ConstProperty, DateProperty, DateTimeProperty, EnumProperty, LiteralEnumProperty, UuidProperty)
"""Properties whose values may be strings, of a certain form alone."""


def decoder(property_: PropertyProtocol) -> str:
    """Return an expression for the decoder of a property."""
    match property_:
        case ModelProperty():
            return f"{property_.class_info.name}.from_dict"
        case ListProperty():
            return f"codec.array_of({decoder(property_.inner_property)})"
        case DiscriminatedUnion():
            classes = ", ".join(f"{literal(value)}: {name}.from_dict" for value, name in property_.classes.items())
            union = f"codec.discriminated_union_of({literal(property_.discriminator)}, {{{classes}}})"
            has_null = any(isinstance(inner, NoneProperty) for inner in property_.inner_properties)
            return f"codec.union_of(codec.null, {union})" if has_null else union
        case UnionProperty():
            return f"codec.union_of({', '.join(map(decoder, _plain_string_last(property_.inner_properties)))})"
        case EnumProperty():
            name, values = property_.class_info.name, _listed(property_.values.values())
            return f"codec.enum_of({name}, {property_.value_type.__name__}, {values})"
        case LiteralEnumProperty():
            check, values = (
                f"check_{property_.get_class_name_snake_case()}",
                _listed(sorted(cast("set[str]", property_.values))),
            )
            instance = property_.get_instance_type_string().as_unembedded_code()
            return f"codec.enum_of({check}, {instance}, {values})"
        case ConstProperty():
            return f"codec.constant_of({property_.value.python_code.as_unembedded_code()})"
        case _:
            return f"codec.{FUNCTIONS[type(property_)]}"


def _plain_string_last(alternatives: Sequence[PropertyProtocol]) -> Sequence[PropertyProtocol]:
    """Return alternatives, with one that is any string after those that are some, such as dates."""
    if not any(isinstance(each, SOME_STRINGS) for each in alternatives):
        return alternatives
    return sorted(alternatives, key=lambda each: isinstance(each, StringProperty))


def is_hoisted(property_: PropertyProtocol) -> bool:
    """Return whether a module keeps the decoder in a variable, because it is costly to create or is called often."""
    return isinstance(property_, DateTimeProperty) or not isinstance(property_, (ModelProperty, *FUNCTIONS))


def field_decoder(property_: PropertyProtocol) -> str:
    """Return an expression for the decoder of a field; if it is hoisted, the name of its variable."""
    return f"_decode_{property_.python_name}" if is_hoisted(property_) else decoder(property_)


def is_plain_list(property_: PropertyProtocol) -> bool:
    """Return whether a property is an array whose items need no hoisted decoder."""
    return isinstance(property_, ListProperty) and not is_hoisted(property_.inner_property)


def inline_check(property_: PropertyProtocol) -> str | None:
    """Return the class that generated code checks inline before it calls the decoder, or None."""
    return INLINE_CHECKS.get(type(property_))


def hoisted(fields: Iterable[PropertyProtocol], extra: PropertyProtocol | None) -> list[PropertyProtocol]:
    """Return the fields of a model, and its additional properties, whose decoders are hoisted."""
    extras = [extra] if extra and is_hoisted(extra) else []
    return [field for field in fields if is_hoisted(field) and not is_plain_list(field)] + extras


def decoded(property_: PropertyProtocol, source: str) -> str:
    """Return an expression for the decoded value of a field, given an expression for its JSON value."""
    match property_:
        case AnyProperty():
            return source
        case ListProperty() if is_plain_list(property_):
            return f"codec.array({source}, {decoder(property_.inner_property)})"
        case _:
            return f"{field_decoder(property_)}({source})"


def additional_fields(model: ModelProperty) -> str:
    """Return an expression for the fields of `data` that the document does not list, decoded."""
    count = len(model.required_properties or []) + len(model.optional_properties or [])
    fields = "{name: value for name, value in data.items() if name not in _FIELDS}" if count else "dict(data)"
    extra = model.additional_properties
    if extra is not None and not isinstance(extra, AnyProperty):
        fields = f"codec.values({fields}, {field_decoder(extra)})"
    return fields if model.optional_properties or not count else f"{{}} if len(data) == {count} else {fields}"


def encoded(property_: PropertyProtocol) -> str:
    """Return an expression for the JSON value of a field of `self`."""
    value = f"self.{property_.python_name}"
    if isinstance(property_, UNCHANGED):
        return value
    if isinstance(property_, ModelProperty) and property_.required:
        return f"{value}.to_dict()"
    return f"codec.encode({value})"


def body(response: Response) -> tuple[str, str]:
    """Return an expression for the decoder of a response's body, and the type of what it returns."""
    returned, property_ = response.source["return_type"], response.prop
    if returned == "None":
        has_content = isinstance(response.data, oai.Response) and response.data.content
        return ("bodies.raw", "bytes") if has_content else ("bodies.nothing", "None")
    if returned == "bytes" or isinstance(property_, FileProperty):
        return "bodies.binary", "File"
    kind = "json_body" if returned == "Any" or not _may_be_text(property_) else "text_body"
    return f"bodies.{kind}({decoder(property_)})", property_.get_type_string().as_unembedded_code()


def _may_be_text(property_: PropertyProtocol) -> bool:
    match property_:
        case UnionProperty():
            return any(map(_may_be_text, property_.inner_properties))
        case EnumProperty() | LiteralEnumProperty():
            return property_.value_type is str
        case ConstProperty():
            return isinstance(property_.value.raw_value, str)
        case _:
            return not isinstance(property_, (BooleanProperty, FloatProperty, IntProperty, NoneProperty))


def _listed(values: Iterable[str | int]) -> str:
    """Return a string literal that lists values in JSON notation."""
    return literal(", ".join(json.dumps(value, ensure_ascii=False) for value in values))
