"""The catalogue as portals read it: all that the profile demands, the same in three syntaxes, whatever names hold."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING
from xml.dom import minidom

import pytest
from rdflib import BNode, Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCAT, DCTERMS, FOAF, RDF
from rdflib.namespace import XSD as SCHEMA_TYPES

from services.api.open_data.dcat import graph_of
from services.api.open_data.queries import Dataset, OpenDataCatalogue
from services.api.open_data.rdf import FORMS
from shared.catalogue.loader import shipped_catalogue
from shared.domain.activity_type import Wording
from tests.open_data.harvesting import SYNTAXES, objections_to, read

if TYPE_CHECKING:
    from services.api.open_data.rdf import Graph as Written

VCARD = Namespace("http://www.w3.org/2006/vcard/ns#")
URL = "https://samverkan.example.se"
NOW = datetime(2026, 5, 10, 8, 0, 1, 250_000, tzinfo=UTC)
LANDSKRONA = OpenDataCatalogue(
    5, "1282", "Landskrona", "Landskrona", "Landskrona stad", "oppnadata@landskrona.example", "2120001140", NOW, (5, 9)
)
CLEANUPS = Dataset("graffiti-cleanups", date(2015, 1, 1), date(2016, 4, 30), NOW, 3, ["month", "tertial"])
HOSTILE = "Å & <ö> \"'\\ \r\n\t\x00\x0b\x1f\ufffe 𐍈 ولدي 路 ]]> @sv ^^x ."


def written(catalogue: OpenDataCatalogue = LANDSKRONA, *datasets: Dataset, name: str | None = None) -> Written:
    definition = shipped_catalogue().indicators["graffiti-cleanups"]
    if name is not None:
        definition = definition.model_copy(update={"name": Wording(sv=name, en=name)})
    return graph_of(catalogue, [(dataset, definition) for dataset in datasets or (CLEANUPS,)], URL)


def graph(catalogue: OpenDataCatalogue = LANDSKRONA, *datasets: Dataset) -> Graph:
    return read(FORMS["ttl"][1](written(catalogue, *datasets)), "ttl")


def test_the_constraints_of_the_profile_take_it() -> None:
    # Nobody has given a home page.
    assert objections_to(graph()) == {"Warning": {FOAF.homepage}}
    without_number = replace(LANDSKRONA, organisation_number=None)
    assert objections_to(graph(without_number)) == {"Warning": {FOAF.homepage}}


MANDATORY = [
    *((DCAT.Catalog, one) for one in (DCTERMS.title, DCTERMS.description, DCTERMS.publisher, DCTERMS.license)),
    (DCAT.Catalog, DCAT.dataset),
    *((DCAT.Dataset, one) for one in (DCTERMS.title, DCTERMS.description, DCTERMS.publisher)),
    *((DCAT.Distribution, one) for one in (DCAT.accessURL, DCTERMS["format"])),
    *((FOAF.Agent, one) for one in (FOAF.name, DCTERMS.type)),
    *((VCARD.Organization, one) for one in (VCARD.fn, VCARD.hasEmail)),
]
RECOMMENDED = [
    *((DCAT.Catalog, one) for one in (DCTERMS.issued, DCTERMS.language, DCTERMS.modified, DCTERMS.spatial)),
    (DCAT.Catalog, DCAT.themeTaxonomy),
    *((DCAT.Dataset, one) for one in (DCAT.contactPoint, DCAT.keyword, DCAT.theme, DCTERMS.issued, DCTERMS.spatial)),
    *((DCAT.Dataset, one) for one in (DCTERMS.temporal, DCTERMS.accessRights)),
    *((DCAT.Distribution, one) for one in (DCTERMS.description, DCTERMS.license)),
    (DCAT.Distribution, URIRef("http://data.europa.eu/r5r/availability")),
]


def without(kind: URIRef, prefixed: URIRef) -> Graph:
    changed = graph()
    for subject in changed.subjects(RDF.type, kind):
        assert (subject, prefixed, None) in changed
        changed.remove((subject, prefixed, None))
    return changed


@pytest.mark.parametrize(("kind", "lacking"), MANDATORY)
def test_the_constraints_object_where_a_mandatory_property_is_taken_away(kind: URIRef, lacking: URIRef) -> None:
    assert lacking in objections_to(without(kind, lacking))["Violation"]


def test_they_warn_where_recommended_properties_are_taken_away() -> None:
    changed = graph()
    for kind, lacking in RECOMMENDED:
        for subject in [*changed.subjects(RDF.type, kind)]:
            assert (subject, lacking, None) in changed
            changed.remove((subject, lacking, None))
    expected = {lacking for _, lacking in RECOMMENDED} | {FOAF.homepage}
    assert objections_to(changed)["Warning"] == expected


def test_they_object_to_a_dataset_of_no_catalogue_and_to_what_is_not_of_its_table() -> None:
    assert objections_to(without(DCAT.Catalog, DCAT.dataset))["Violation"]
    changed = graph()
    (dataset,) = changed.subjects(RDF.type, DCAT.Dataset)
    changed.set((dataset, DCAT.theme, URIRef("http://publications.europa.eu/resource/authority/data-theme/SAFE")))
    changed.set((dataset, DCTERMS.publisher, Literal("Landskrona stad")))
    assert objections_to(changed)["Violation"] == {DCAT.theme, DCTERMS.publisher}


def test_it_says_what_the_profile_has_names_for() -> None:
    read_back = graph()
    dataset = URIRef(f"{URL}/oppna-data/1282/graffiti-cleanups")
    publisher = URIRef("http://dataportal.se/organisation/SE2120001140")
    assert read_back.value(dataset, DCTERMS.publisher) == publisher
    assert {*read_back.objects(dataset, DCTERMS.title)} == {
        Literal("Klottersaneringar", "sv"),
        Literal("Graffiti removals", "en"),
    }
    frequency = read_back.value(dataset, DCTERMS.accrualPeriodicity)
    assert str(frequency).rpartition("/")[2] == "ANNUAL_3"
    assert read_back.value(dataset, DCTERMS.modified) == Literal(
        "2026-05-10T08:00:01.250000Z", datatype=SCHEMA_TYPES.dateTime
    )
    span = read_back.value(dataset, DCTERMS.temporal)
    assert [str(read_back.value(span, one)) for one in (DCAT.startDate, DCAT.endDate)] == ["2015-01-01", "2016-04-30"]
    assert str(read_back.value(dataset, URIRef(f"{DCAT}version"))) == "3"
    files = {read_back.value(one, DCAT.downloadURL) for one in read_back.objects(dataset, DCAT.distribution)}
    assert files == {URIRef(f"{dataset}.csv"), URIRef(f"{dataset}.json")}
    licences = {*read_back.objects(None, DCTERMS.license)}
    assert licences == {URIRef("http://creativecommons.org/publicdomain/zero/1.0/")}


@pytest.mark.parametrize(
    ("period_types", "resolution", "frequency"),
    [
        (["year"], "P1Y", "ANNUAL"),
        (["tertial", "year"], "P4M", "ANNUAL_3"),
        (["halfYear"], "P6M", "ANNUAL_2"),
        (["month", "quarter", "tertial", "year"], "P1M", "QUARTERLY"),
    ],
)
def test_how_often_it_changes_follows_from_its_periods(
    period_types: list[str], resolution: str, frequency: str
) -> None:
    read_back = graph(LANDSKRONA, replace(CLEANUPS, period_types=period_types))
    (dataset,) = read_back.subjects(RDF.type, DCAT.Dataset)
    assert str(read_back.value(dataset, DCAT.temporalResolution)) == resolution
    assert str(read_back.value(dataset, DCTERMS.accrualPeriodicity)).rpartition("/")[2] == frequency


def test_names_in_any_script_are_the_same_in_each_syntax_and_break_none() -> None:
    hostile = replace(
        LANDSKRONA, name=HOSTILE, name_en=HOSTILE, publisher=HOSTILE, contact_email="a{b}|`^'&x@b.example"
    )
    one = written(hostile, CLEANUPS, name=HOSTILE)
    graphs = [read(FORMS[ending][1](one), ending) for ending in SYNTAXES]
    # XML knows no other line end than \n, and says so where \r is written out.
    assert {*graphs[0]} == {*graphs[1]} == {*graphs[2]}
    expected = HOSTILE.translate(dict.fromkeys([0, 0xB, 0x1F, 0xFFFE]))
    (dataset,) = graphs[0].subjects(RDF.type, DCAT.Dataset)
    assert {*graphs[0].objects(dataset, DCTERMS.title)} == {Literal(expected, "sv"), Literal(expected, "en")}
    assert {*objections_to(graphs[0])} == {"Warning"}
    minidom.parseString(FORMS["rdf"][1](one))


def test_nothing_is_without_an_absolute_address() -> None:
    for statement in graph():
        for term in statement:
            assert not isinstance(term, BNode)
            assert not isinstance(term, URIRef) or str(term).startswith(("http://", "https://", "mailto:"))


def test_400_indicators_are_written_in_a_moment() -> None:
    many = [replace(CLEANUPS, indicator=f"indicator-{number}") for number in range(400)]
    began = time.process_time()
    one = written(LANDSKRONA, *many)
    contents = {ending: write(one) for ending, (_, write) in FORMS.items()}
    assert time.process_time() - began < 3
    assert contents["rdf"].count(b"<dcat:accessURL") == contents["ttl"].count(b"dcat:accessURL <") == 800
