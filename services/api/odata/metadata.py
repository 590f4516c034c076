"""What the feed says of itself: the service document, and `$metadata` as CSDL XML, which is its specification."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from services.api.odata.model import Edm, EntitySet, Model, Navigation, Property
from services.api.odata.sets import FEEDS, MODEL

NAMESPACE = "Samverkan"
CONTAINER = "Container"

_EDMX = "http://docs.oasis-open.org/odata/ns/edmx"
_EDM = "http://docs.oasis-open.org/odata/ns/edm"
_VOCABULARIES = "https://oasis-tcs.github.io/odata-vocabularies/vocabularies"
_REFERENCES = {
    "Core": "Org.OData.Core.V1",
    "Capabilities": "Org.OData.Capabilities.V1",
    "Aggregation": "Org.OData.Aggregation.V1",
}
# Without these a decimal would be a whole number, and a time one of whole seconds.
_FACETS = {Edm.DECIMAL: {"Scale": "variable"}, Edm.DATE_TIME_OFFSET: {"Precision": "6"}}
_FILTER_FUNCTIONS = (
    *("contains", "startswith", "endswith", "tolower", "toupper", "length", "trim", "concat", "substring", "indexof"),
    *("year", "month", "day", "hour", "minute", "second", "date"),
)
_APPLY = ("filter", "groupby", "aggregate")


def service_document(context: str) -> dict[str, Any]:
    """Return the list of entity sets; `context` is the address of `$metadata`."""
    return {
        "@odata.context": context,
        "value": [{"name": name, "kind": "EntitySet", "url": name} for name in MODEL.sets],
    }


@cache
def metadata() -> bytes:
    """Return the model as CSDL XML."""
    document: bytes = tostring(document_of(MODEL), encoding="utf-8", xml_declaration=True)
    return document


def document_of(model: Model) -> Element:
    """Return a model as a CSDL document."""
    root = Element("edmx:Edmx", {"xmlns:edmx": _EDMX, "Version": "4.0"})
    for alias, namespace in _REFERENCES.items():
        reference = SubElement(root, "edmx:Reference", {"Uri": f"{_VOCABULARIES}/{namespace}.xml"})
        SubElement(reference, "edmx:Include", {"Namespace": namespace, "Alias": alias})
    services = SubElement(root, "edmx:DataServices")
    schema = SubElement(services, "Schema", {"xmlns": _EDM, "Namespace": NAMESPACE})
    for entity_set in model.sets.values():
        _add_type(schema, entity_set, model)
    _add_container(schema, model)
    return root


def _add_type(schema: Element, entity_set: EntitySet, model: Model) -> None:
    entity_type = SubElement(schema, "EntityType", {"Name": entity_set.entity})
    key = SubElement(entity_type, "Key")
    for name in entity_set.key:
        SubElement(key, "PropertyRef", {"Name": name})
    for column in entity_set.properties:
        SubElement(entity_type, "Property", _attributes(column))
    for navigation in entity_set.navigations:
        _add_navigation(entity_type, entity_set, navigation, model)


def _attributes(column: Property) -> dict[str, str]:
    optional = {} if column.nullable else {"Nullable": "false"}
    return {"Name": column.name, "Type": column.type, **optional, **_FACETS.get(column.type, {})}


def _add_navigation(entity_type: Element, entity_set: EntitySet, navigation: Navigation, model: Model) -> None:
    target = model.entity_set(navigation.target)
    attributes = {"Name": navigation.name, "Type": f"{NAMESPACE}.{target.entity}"}
    if not any(entity_set.property(own).nullable for own, _ in navigation.keys):
        attributes["Nullable"] = "false"
    element = SubElement(entity_type, "NavigationProperty", attributes)
    for own, theirs in navigation.keys:
        SubElement(element, "ReferentialConstraint", {"Property": own, "ReferencedProperty": theirs})


def _add_container(schema: Element, model: Model) -> None:
    container = SubElement(schema, "EntityContainer", {"Name": CONTAINER})
    for name, entity_set in model.sets.items():
        attributes = {"Name": name, "EntityType": f"{NAMESPACE}.{entity_set.entity}"}
        element = SubElement(container, "EntitySet", attributes)
        for navigation in entity_set.navigations:
            SubElement(element, "NavigationPropertyBinding", {"Path": navigation.name, "Target": navigation.target})
        _annotate(element, "Core.Description", String=FEEDS[name].description)
        _add_record(element, "Capabilities.SearchRestrictions", "Searchable")
    _annotate(container, "Capabilities.BatchSupported", Bool="true")
    _annotate(container, "Capabilities.QuerySegmentSupported", Bool="true")
    _annotate(container, "Capabilities.AsynchronousRequestsSupported", Bool="false")
    _annotate(container, "Capabilities.FilterFunctions", _FILTER_FUNCTIONS)
    supported = SubElement(container, "Annotation", {"Term": "Aggregation.ApplySupported"})
    value = SubElement(SubElement(supported, "Record"), "PropertyValue", {"Property": "Transformations"})
    _add_collection(value, _APPLY)


def _annotate(element: Element, term: str, collection: Iterable[str] | None = None, **value: str) -> None:
    annotation = SubElement(element, "Annotation", {"Term": term, **value})
    if collection is not None:
        _add_collection(annotation, collection)


def _add_record(element: Element, term: str, impossible: str) -> None:
    """Say what cannot be done with a set."""
    record = SubElement(SubElement(element, "Annotation", {"Term": term}), "Record")
    SubElement(record, "PropertyValue", {"Property": impossible, "Bool": "false"})


def _add_collection(element: Element, texts: Iterable[str]) -> None:
    collection = SubElement(element, "Collection")
    for text in texts:
        SubElement(collection, "String").text = text
