"""Unions that the value of a property tells apart: openapi-python-client ignores their discriminators."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs
from openapi_python_client import schema as oai
from openapi_python_client.parser.errors import PropertyError
from openapi_python_client.parser.properties import ModelProperty, Schemas
from openapi_python_client.parser.properties.none import NoneProperty
from openapi_python_client.parser.properties.schemas import parse_reference_path
from openapi_python_client.parser.properties.union import UnionProperty


@attrs.define
class DiscriminatedUnion(UnionProperty):
    """A union of models, and perhaps null, with a discriminator.

    Attributes:
        discriminator: The name of the property that tells the models apart.
        classes: The class for each of its values.
    """

    discriminator: str = ""
    classes: dict[str, str] = attrs.field(factory=dict[str, str])


_build = UnionProperty.build


def build(*, data: oai.Schema, schemas: Schemas, **others: Any) -> tuple[UnionProperty | PropertyError, Schemas]:
    """Build a union as `UnionProperty.build` does, with its discriminator or that of a union to which it adds null."""
    union, schemas = _build(data=data, schemas=schemas, **others)
    if isinstance(union, PropertyError):
        return union, schemas
    inherited = [each for each in _referred(data, schemas).values() if isinstance(each, DiscriminatedUnion)]
    if data.discriminator:
        discriminator, classes = data.discriminator.propertyName.get_untrusted_value(), _classes(data, schemas)
    elif not inherited:
        return union, schemas
    else:
        discriminator, classes = inherited[0].discriminator, inherited[0].classes
        known = {*classes.values()}
        for inner in union.inner_properties:
            if not isinstance(inner, NoneProperty) and inner.get_base_type_string().as_unembedded_code() not in known:
                detail = (
                    "A union with a discriminator is one of its alternatives; list the alternatives of that one here"
                )
                return PropertyError(detail=detail, data=data), schemas
    fields = {field.name: getattr(union, field.name) for field in attrs.fields(UnionProperty)}
    return DiscriminatedUnion(**fields, discriminator=discriminator, classes=classes), schemas


def _classes(data: oai.Schema, schemas: Schemas) -> dict[str, str]:
    """Return the classes by the values of `mapping`; a schema that it leaves out has its own name as its value."""
    assert data.discriminator
    models = {name: model for name, model in _referred(data, schemas).items() if isinstance(model, ModelProperty)}
    targets = {
        value.get_untrusted_value(): target.get_untrusted_value().rpartition("/")[2]
        for value, target in (data.discriminator.mapping or {}).items()
    }
    targets |= {name: name for name in models if name not in targets.values()}
    return {value: models[name].class_info.name for value, name in targets.items()}


def _referred(data: oai.Schema, schemas: Schemas) -> dict[str, Any]:
    """Return the schemas of `components` that are alternatives, by their names."""
    return {
        reference.ref.get_untrusted_value().rpartition("/")[2]: schemas.classes_by_reference.get(path)
        for reference in _references(data)
        if isinstance(path := parse_reference_path(reference.ref), oai.UntrustedString)
    }


def _references(data: oai.Schema) -> Iterator[oai.Reference]:
    for alternative in [*data.anyOf, *data.oneOf]:
        if isinstance(alternative, oai.Schema) and len(alternative.allOf) == 1:  # as `nullable` beside allOf becomes
            (alternative,) = alternative.allOf
        if isinstance(alternative, oai.Reference):
            yield alternative
