"""openapi-python-client's parser, with corrections of what it gets wrong."""

from __future__ import annotations

import re
from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from attrs import evolve
from openapi_python_client import strings
from openapi_python_client.config import Config
from openapi_python_client.parser import GeneratorData, properties
from openapi_python_client.parser.errors import GeneratorError, ParseError
from openapi_python_client.parser.properties import AnyProperty, string
from openapi_python_client.parser.properties.boolean import BooleanProperty
from openapi_python_client.parser.properties.float import FloatProperty
from openapi_python_client.parser.properties.int import IntProperty
from openapi_python_client.parser.properties.list_property import ListProperty
from openapi_python_client.parser.properties.protocol import PropertyProtocol
from openapi_python_client.parser.properties.union import UnionProperty
from openapi_python_client.schema import OpenAPI
from openapi_python_client.schema.parameter_location import ParameterLocation
from openapi_python_client.schema.untrusted_string import UntrustedString
from openapi_python_client.strings import PythonIdentifier
from pydantic import ValidationError

from generator import discriminators
from generator.errors import GenerationError
from generator.naming import RESERVED_WORDS
from generator.nodes import below, mapping, sequence

MESSAGES = {
    r'Attempted to generate duplicate models with name "(.+)"': r"two schemas are \1 in Python; give one another title",
    r"Found conflicting enums named (\w+) .+": r"two enums are \1 in Python; give one another title",
    r"(?:can't merge list properties: )*(.+) can't be merged with (.+)": (
        r"a property in allOf is \1 and \2; describe it once"
    ),
    r"Cannot take allOf a non-object": "an entry of allOf has no properties to merge; give it type: object",
    r"Parameters with same Python identifier (.+) detected": r"two parameters are \1 in Python; rename one",
    r"Invalid property in union .+": "an alternative cannot be generated here; refer to one under components.schemas",
    r"Properties (.*) and (.*) have the same python_name": r"'\1' and '\2' have the same name in Python; rename one",
}
"""Our words for what openapi-python-client says."""

EXTRA = str.__new__(PythonIdentifier, "additional_properties")
"""The name of additional properties in variables: a reserved word, so that no field has it."""

SHOWN = 120
"""Characters of a part of the document that an error shows."""


def parse(document: Mapping[str, Any], settings: Config) -> GeneratorData:
    """Return what openapi-python-client makes of a document.

    Raises:
        GenerationError: It left something out.
    """
    strings.RESERVED_WORDS = RESERVED_WORDS
    with _corrections():
        data = GeneratorData.from_dict(dict(document), config=settings)
    if isinstance(data, GeneratorError):
        raise GenerationError("\n".join(_invalid(document)) or described([data]))
    errors = [error for tag in data.endpoint_collections_by_tag.values() for error in tag.parse_errors]
    if errors := errors + data.errors:
        raise GenerationError(described(errors, mapping(mapping(document.get("components")).get("schemas"))))
    for tag in data.endpoint_collections_by_tag.values():
        for endpoint in tag.endpoints:
            for parameter in endpoint.path_parameters:
                parameter.default = None  # it is required; a default would allow none without one after it
    for extra in [model.additional_properties for model in data.models]:
        if extra and not isinstance(extra, AnyProperty):  # upstream's is shared; it needs no decoder
            extra.python_name = EXTRA
    return data


def _invalid(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield what openapi-python-client cannot read; its own messages have no JSON paths."""
    try:
        OpenAPI.model_validate(document)
    except ValidationError as error:
        for each in error.errors():
            yield f"{below('$', *_steps(document, each['loc']))}: {each['msg']}"


def _steps(node: Any, location: Sequence[str | int]) -> Iterator[str | int]:
    """Yield the steps of a location in a document, without `ref` and `other`, which pydantic adds for a union."""
    for step in location:
        if step in mapping(node) or step not in ("ref", "other"):
            yield step
            node = mapping(node).get(step) if isinstance(step, str) else dict(enumerate(sequence(node))).get(step)


def described(errors: Sequence[GeneratorError], schemas: Collection[str] = ()) -> str:
    """Return a line for each error of openapi-python-client, without those that only follow from another.

    Args:
        errors: The errors.
        schemas: The names of the schemas of the document.
    """
    lines = [line for error in errors for line in _lines(error, schemas)]
    causes = [line for line in lines if "Could not find reference" not in line]
    return "\n".join(dict.fromkeys(causes or lines))


def _lines(error: GeneratorError, schemas: Collection[str]) -> Iterator[str]:
    detail = error.detail or ""
    if operation := re.match(r"WARNING parsing (\w+) (\S+) within", error.header):
        place = below("$.paths", operation[2], operation[1].lower())
    elif schema := re.search(r"/components/(\w+)/([^\s:]+)", error.header):
        kind, name = schema.groups()
        # An alternative of X is called X_type_1 there; the place is that of X.
        owners = [each for each in schemas if f"{name}_".startswith(f"{each}_")]
        place = below("$.components", kind, max(owners, key=len, default=name))
    else:
        place = error.header.strip(" :.")
    cause = " ".join(detail.partition("Failure to process")[0].rpartition("OpenAPI document: :")[2].split())
    cause = re.sub(r"^cannot parse parameter of endpoint \w+: ", "", cause)
    if response := re.fullmatch(r"Cannot parse response for status code (\w+) \((.+)\), response will be .+", cause):
        place, cause = below(place, "responses", response[1]), response[2]
    for pattern, message in MESSAGES.items():
        if found := re.fullmatch(pattern, cause):
            yield f"{place}: {found.expand(message)}"
            return
    data = error.data if isinstance(error, ParseError) else None
    part = f", in {data.model_dump_json(exclude_unset=True, by_alias=True)[:SHOWN]}" if data else ""
    yield f"{place}: {cause}{part}"


@contextmanager
def _corrections() -> Generator[None]:
    """Correct openapi-python-client 0.29.1 while it parses.

    1. Defaults and constants are escaped by `repr`; upstream escapes quotes and backslashes before that, too.
    2. Values of enums stay as they are, for templates to escape; upstream drops line breaks from them.
    3. Messages show names; upstream shows `UntrustedString object at 0x...`.
    4. A union with a discriminator is a `DiscriminatedUnion`; upstream ignores discriminators.
    5. Arrays, dates and UUIDs can be sent in headers; upstream has no template for that.
    6. The default of a union keeps its type; upstream makes text of 3, and 3 of "3", if that alternative is first, and
       drops the default if an array is first.
    7. Properties of objects are parsed when all schemas are known. Upstream parses those inside alternatives twice, and
       reports that the objects in them have the names of those that it parsed first.
    """
    replacements: tuple[tuple[Any, str, Any], ...] = (
        (string, "remove_string_escapes", _unchanged),
        (strings, "in_double_quote_literal", _unchanged),
        (UntrustedString, "__str__", UntrustedString.get_untrusted_value),
        (UnionProperty, "build", discriminators.build),
        (UnionProperty, "convert_value", _union_default),
        (properties, "_create_schemas", _create_schemas),
        (PropertyProtocol, "_allowed_locations", set(ParameterLocation)),
    )
    before = [(owner, name, getattr(owner, name)) for owner, name, _ in replacements]
    for owner, name, value in replacements:
        setattr(owner, name, value)
    try:
        yield
    finally:
        for owner, name, value in before:
            setattr(owner, name, value)


def _unchanged(value: str) -> str:
    return value


_create: Any = vars(properties)["_create_schemas"]
_property_from_data = properties.property_from_data


def _create_schemas(**arguments: Any) -> Any:
    """Do what the function of upstream does, without parsing the properties of objects."""
    properties.property_from_data = partial(_property_from_data, process_properties=False)
    try:
        return _create(**arguments)
    finally:
        properties.property_from_data = _property_from_data


_convert = UnionProperty.convert_value


def _union_default(union: UnionProperty, value: Any) -> Any:
    def is_of_another_type(inner: PropertyProtocol) -> bool:
        is_number = isinstance(inner, (BooleanProperty, FloatProperty, IntProperty))
        return isinstance(inner, ListProperty) or is_number == isinstance(value, str)

    return _convert(evolve(union, inner_properties=sorted(union.inner_properties, key=is_of_another_type)), value)
