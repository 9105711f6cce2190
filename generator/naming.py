"""Names in the generated code: reserved words, and names that the runtime uses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set

from openapi_python_client.config import Config
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.properties import Property
from openapi_python_client.schema.untrusted_string import UntrustedString
from openapi_python_client.strings import PythonIdentifier

from generator.nodes import below
from runtime import errors  # generated/ may be missing or broken

# openapi-python-client reserves every builtin of the interpreter that it runs on: `type` would become `type_`, and
# `credits`, which `site` adds to the builtins, `credits_`. Our templates use only these names: members of every model,
# and imports of every operation's module.
RESERVED_WORDS = {
    *("self", "classmethod", "from_dict", "to_dict", "additional_properties", "delimited"),
    *("APIRequest", "Any", "AsyncClient", "AttributeError", "BytesIO", "Client", "File", "IntEnum", "KeyError"),
    *("Literal", "Mapping", "Response", "Security", "Self", "StrEnum", "TypeError", "Unset"),
    *("TYPE_CHECKING", "UNSET", "UUID"),
    *errors.__all__,
}


ERRORS = {str(error.status_code): error.__name__ for error in errors.APIStatusError.__subclasses__()}


def error_name(status: str) -> str:
    """Return the error of the package for a status or a pattern of some."""
    return ERRORS.get("500" if status.startswith("5") else status, "APIStatusError")


def method_names(tag: str, operations: Sequence[str], prefix: str) -> list[str]:
    """Return the names of a tag's methods, those of the operations with the tag dropped from the end or the start.

    `list_credits` of the tag `credits` is `list`, unless Python or another operation has that name.
    """
    short = [name.removesuffix(f"_{tag}").removeprefix(f"{tag}_") for name in operations]
    times = Counter(short)
    taken = set(operations)
    return [
        name
        if times[name] == 1 and PythonIdentifier(name, prefix) == name and (name == operation or name not in taken)
        else operation
        for name, operation in zip(short, operations, strict=True)
    ]


def attribute_name(tag: str, taken: Set[str]) -> str:
    """Return the name of the client's attribute for a tag."""
    return f"{tag}_" if tag in taken or tag == "tag_property" else tag  # which the class body calls


def python_names(properties: Iterable[Property]) -> frozenset[str]:
    """Return the names of properties in Python."""
    return frozenset(property_.python_name for property_ in properties)


def conflicts(data: GeneratorData, tag_classes: Iterable[str]) -> Iterator[str]:
    """Yield what has one name in Python for two parts of the document, so that one would replace the other."""
    schemas = [*data.models, *data.enums]
    taken = {f"{prefix}{name}" for name in tag_classes for prefix in ("", "Async")}
    modules: dict[str, str] = {}
    for schema in schemas:
        name = schema.class_info.name
        if name in taken:
            yield f"$.components.schemas: {name} is also the name of the class of a tag; give it another title"
        if (other := modules.setdefault(schema.class_info.module_name, name)) != name:
            both = f"{other} and {name} are both the module {schema.class_info.module_name} in Python"
            yield f"$.components.schemas: {both}; give one another title"
    for model in data.models:
        properties = (model.required_properties or []) + (model.optional_properties or [])
        yield from _alike(f"$.components.schemas: {model.class_info.name}", "properties", properties)
    for collection in data.endpoint_collections_by_tag.values():
        for endpoint in collection.endpoints:
            parameters = [parameter for _, parameter in endpoint.iter_all_parameters()]
            place = below("$.paths", endpoint.path.get_untrusted_value(), endpoint.method)
            yield from _alike(place, "parameters", parameters)


def _alike(place: str, kind: str, properties: Iterable[Property]) -> Iterator[str]:
    names: dict[str, Property] = {}
    for property_ in properties:
        if (other := names.setdefault(property_.python_name, property_)) is not property_:
            first, second = (each.name.get_untrusted_value() for each in (other, property_))
            yield f"{place}: the {kind} {first!r} and {second!r} are both {property_.python_name} in Python; rename one"


def rename_conflicts(data: GeneratorData, config: Config) -> None:
    """Rename parameters called `body`, such as to `body_query`, as upstream does for `client`."""
    for collection in data.endpoint_collections_by_tag.values():
        for endpoint in collection.endpoints:
            for place, parameter in endpoint.iter_all_parameters():
                if endpoint.bodies and parameter.python_name == "body":
                    parameter.set_python_name(UntrustedString(f"body_{place}"), config)
