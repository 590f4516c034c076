"""`$metadata` and the service document: sound by the rules of CSDL 4.0, and true of every row that the feed sends.

The schemas of OASIS are not ours to copy. Whoever has them, as in the npm package odata-csdl, names their folder in
EDM_SCHEMAS, and the document is validated against them too. The rules below are derived from the same standard.
"""

import os
import re
from datetime import date, datetime
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from lxml import etree  # type: ignore[import-untyped]  # it tells no types

from services.api.odata.metadata import metadata
from services.api.odata.sets import FEEDS, MODEL
from tests.api.odata.conftest import Rows

EDMX = "{http://docs.oasis-open.org/odata/ns/edmx}"
EDM = "{http://docs.oasis-open.org/odata/ns/edm}"
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
PRIMITIVE = {"Edm.String", "Edm.Decimal", "Edm.Int32", "Edm.Int64", "Edm.Boolean", "Edm.Date", "Edm.DateTimeOffset"}
PRIMITIVE |= {"Edm.Guid"}
# What each element may hold, in this order, and the attributes that it must and may have.
CHILDREN = {
    "Edmx": ("Reference", "DataServices"),
    "Reference": ("Include",),
    "Include": (),
    "DataServices": ("Schema",),
    "Schema": ("EntityType", "EntityContainer"),
    "EntityType": ("Key", "Property", "NavigationProperty"),
    "Key": ("PropertyRef",),
    "PropertyRef": (),
    "Property": (),
    "NavigationProperty": ("ReferentialConstraint",),
    "ReferentialConstraint": (),
    "EntityContainer": ("EntitySet", "Annotation"),
    "EntitySet": ("NavigationPropertyBinding", "Annotation"),
    "NavigationPropertyBinding": (),
    "Annotation": ("Collection", "Record"),
    "Collection": ("String",),
    "Record": ("PropertyValue",),
    "PropertyValue": ("Collection",),
    "String": (),
}
ATTRIBUTES = {
    "Edmx": ({"Version"}, set()),
    "Reference": ({"Uri"}, set()),
    "Include": ({"Namespace"}, {"Alias"}),
    "Schema": ({"Namespace"}, {"Alias"}),
    "EntityType": ({"Name"}, set()),
    "PropertyRef": ({"Name"}, set()),
    "Property": ({"Name", "Type"}, {"Nullable", "Precision", "Scale", "MaxLength"}),
    "NavigationProperty": ({"Name", "Type"}, {"Nullable", "Partner"}),
    "ReferentialConstraint": ({"Property", "ReferencedProperty"}, set()),
    "EntityContainer": ({"Name"}, set()),
    "EntitySet": ({"Name", "EntityType"}, {"IncludeInServiceDocument"}),
    "NavigationPropertyBinding": ({"Path", "Target"}, set()),
    "Annotation": ({"Term"}, {"String", "Bool"}),
    "PropertyValue": ({"Property"}, {"Bool", "String"}),
}

pytestmark = pytest.mark.one_app


@pytest.fixture(scope="module")
def database_url(star: str) -> str:
    return star


@pytest.fixture(scope="module")
def document() -> etree._Element:
    return etree.fromstring(metadata())


def _local(element: etree._Element) -> str:
    return etree.QName(element).localname


def test_every_element_stands_where_it_may(document: etree._Element) -> None:
    for element in document.iter():
        name, children = _local(element), [_local(child) for child in element]
        allowed = CHILDREN[name]
        assert set(children) <= set(allowed), name
        assert children == sorted(children, key=allowed.index), name
        needed, optional = ATTRIBUTES.get(name, (set(), set()))
        assert needed <= set(element.attrib) <= needed | optional, name
        edmx = {"Edmx", "Reference", "Include", "DataServices"}
        assert element.tag == (EDMX if name in edmx else EDM) + name


def test_names_are_names_and_each_its_own(document: etree._Element) -> None:
    for element in document.iter(f"{EDM}EntityType", f"{EDM}EntityContainer"):
        named = [child.get("Name") for child in element if "Name" in child.attrib]
        assert len(named) == len(set(named))
        # To Power BI the columns of a table differ by more than their case.
        assert len({name.lower() for name in named}) == len(named)
        assert all(NAME.fullmatch(name) for name in [*named, element.get("Name")])


def test_types_keys_and_facets(document: etree._Element) -> None:
    for entity in document.iter(f"{EDM}EntityType"):
        properties = {one.get("Name"): one for one in entity.iter(f"{EDM}Property")}
        keys = [one.get("Name") for one in entity.iter(f"{EDM}PropertyRef")]
        assert keys
        assert all(properties[key].get("Nullable") == "false" for key in keys)
        for one in properties.values():
            assert one.get("Type") in PRIMITIVE
            assert (one.get("Scale") == "variable") == (one.get("Type") == "Edm.Decimal")
            assert (one.get("Precision") == "6") == (one.get("Type") == "Edm.DateTimeOffset")


def test_a_navigation_is_as_nullable_as_what_it_hangs_on_and_bound_to_its_set(document: etree._Element) -> None:
    entities = {f"Samverkan.{one.get('Name')}": one for one in document.iter(f"{EDM}EntityType")}
    sets = {one.get("Name"): one for one in document.iter(f"{EDM}EntitySet")}
    for one in sets.values():
        entity = entities[one.get("EntityType")]
        properties = {each.get("Name"): each for each in entity.iter(f"{EDM}Property")}
        bound = {each.get("Path"): each.get("Target") for each in one.iter(f"{EDM}NavigationPropertyBinding")}
        navigations = {each.get("Name"): each for each in entity.iter(f"{EDM}NavigationProperty")}
        assert bound.keys() == navigations.keys()
        for name, navigation in navigations.items():
            assert sets[bound[name]].get("EntityType") == navigation.get("Type")
            target = {each.get("Name"): each for each in entities[navigation.get("Type")].iter(f"{EDM}Property")}
            for constraint in navigation:
                own = properties[constraint.get("Property")]
                theirs = target[constraint.get("ReferencedProperty")]
                assert own.get("Type") == theirs.get("Type")
                assert own.get("Nullable") == navigation.get("Nullable")


@pytest.mark.skipif("EDM_SCHEMAS" not in os.environ, reason="EDM_SCHEMAS names no folder with the schemas of OASIS")
def test_the_document_keeps_the_schemas_of_oasis(document: etree._Element) -> None:
    schema = etree.XMLSchema(etree.parse(Path(os.environ["EDM_SCHEMAS"]) / "edmx.xsd"))
    schema.assertValid(document)


def test_the_star_is_whole() -> None:
    assert set(MODEL.sets) == {
        *("IndicatorValues", "Indicators", "Areas", "AreaPaths", "Periods", "Targets", "Activities"),
    }
    assert all(" / " in feed.description for feed in FEEDS.values())


def test_activities_come_without_free_text() -> None:
    names = {one.name for one in MODEL.sets["Activities"].properties}
    assert not names & {"note", "attributes"}
    assert {"policeParticipants", "residentsParticipants", "cost", "periodDate"} <= names


async def test_metadata_are_xml_whatever_is_accepted(feed: httpx.AsyncClient) -> None:
    for accepted in ("application/xml", "application/json", "*/*"):
        answer = await feed.get("$metadata", headers={"Accept": accepted})
        assert answer.headers["content-type"] == "application/xml"
        assert answer.content == metadata()
    assert (await feed.get("$metadata?$format=xml")).status_code == 200
    assert (await feed.get("$metadata?$format=json")).status_code == 406


async def test_the_service_document_lists_every_set(feed: httpx.AsyncClient) -> None:
    for root in ("", "/"):
        answer = (await feed.get(f"http://testserver.example/samverkan/odata/v4{root}")).json()
        assert answer["@odata.context"] == "http://testserver.example/samverkan/odata/v4/$metadata"
        assert [one["url"] for one in answer["value"]] == list(MODEL.sets)


def _fits(value: object, edm: str) -> bool:
    """Tell whether a value of minimal metadata is of its type."""
    if edm == "Edm.Date":
        return isinstance(value, str) and bool(date.fromisoformat(value)) and len(value) == 10
    if edm == "Edm.DateTimeOffset":
        return isinstance(value, str) and value.endswith("Z") and bool(datetime.fromisoformat(value))
    if edm == "Edm.Guid":
        return isinstance(value, str) and str(UUID(value)) == value
    kinds: dict[str, type | tuple[type, ...]] = {
        "Edm.String": str,
        "Edm.Decimal": (int, float),
        "Edm.Int32": int,
        "Edm.Boolean": bool,
    }
    return isinstance(value, kinds[edm])


@pytest.mark.parametrize("name", FEEDS)
async def test_every_row_has_every_column_in_its_type(rows: Rows, document: etree._Element, name: str) -> None:
    entity = document.find(f".//{EDM}EntityType[@Name='{MODEL.sets[name].entity}']")
    types = {one.get("Name"): one for one in entity.iter(f"{EDM}Property")}
    found = await rows(name)
    assert found
    for row in found:
        assert list(row) == list(types)
        for column, value in row.items():
            if value is None:
                assert types[column].get("Nullable") is None, column
            else:
                assert _fits(value, types[column].get("Type")), column
    key = MODEL.sets[name].key[0]
    assert len({row[key] for row in found}) == len(found)


async def test_every_reference_of_a_figure_leads_to_a_row(rows: Rows) -> None:
    known = {name: {row["code"] for row in await rows(name)} for name in ("Indicators", "Areas", "Periods")}
    for row in await rows("IndicatorValues", select="indicatorCode,areaCode,period"):
        assert row["indicatorCode"] in known["Indicators"]
        assert row["areaCode"] in known["Areas"]
        assert row["period"] in known["Periods"]
