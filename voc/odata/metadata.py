"""The two documents that a client reads first: which sets there are, and what a row of each has (CSDL 4.0)."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from voc.odata.model import EDM, EntitySet, Property

NAMESPACE: Final = "voc"
_HEAD: Final = (
    '<?xml version="1.0" encoding="utf-8"?>\n'
    '<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>'
    f'<Schema Namespace="{NAMESPACE}" xmlns="http://docs.oasis-open.org/odata/ns/edm">\n'
)
_TAIL: Final = "</Schema></edmx:DataServices></edmx:Edmx>\n"


def service_document(sets: Sequence[EntitySet]) -> dict[str, Any]:
    """The list of the sets."""
    return {"value": [{"name": each.name, "kind": "EntitySet", "url": each.name} for each in sets]}


def write_metadata(sets: Sequence[EntitySet]) -> str:
    """The $metadata document, in XML. All names in it are our own, so that nothing needs escaping."""
    return "".join((_HEAD, *_types(sets), *_container(sets), _TAIL))


def _types(sets: Sequence[EntitySet]) -> Iterator[str]:
    for each in sets:
        yield f'<EntityType Name="{each.type_name}"><Key><PropertyRef Name="{each.key.name}"/></Key>\n'
        yield from map(_property, each.properties)
        yield "</EntityType>\n"


def _property(each: Property) -> str:
    precision = ' Precision="6"' if each.kind == "moment" else ""  # without one, times would have no parts of a second
    nullable = ' Nullable="false"' if each.always else ""
    return f'<Property Name="{each.name}" Type="{EDM[each.kind]}"{nullable}{precision}/>\n'


def _container(sets: Sequence[EntitySet]) -> Iterator[str]:
    yield '<EntityContainer Name="Feed">\n'
    for each in sets:
        yield f'<EntitySet Name="{each.name}" EntityType="{NAMESPACE}.{each.type_name}"/>\n'
    yield "</EntityContainer>\n"
