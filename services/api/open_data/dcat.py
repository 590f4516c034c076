"""A municipality's catalogue as DCAT-AP-SE 3 (docs.dataportal.se/dcat): a dataset for each indicator, in two forms.

What the profile demands is there, and what it recommends but for a home page and a telephone, which nobody has given.
Words of the European authority tables are named by their addresses, which every portal knows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from services.api.open_data.addresses import catalogue_address, dataset_address
from services.api.open_data.rdf import PREFIXES, TYPE, Graph, Iri, Literal
from services.api.values.names import THEME_NAMES
from shared.domain.activity_type import Wording
from shared.domain.period import PeriodType
from shared.read_model.texts import instant_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date, datetime

    from services.api.open_data.queries import Dataset, OpenDataCatalogue
    from shared.catalogue.indicator import IndicatorDefinition

_AUTHORITY = "http://publications.europa.eu/resource/authority"
CC0 = Iri("http://creativecommons.org/publicdomain/zero/1.0/")
LANGUAGES = tuple(Iri(f"{_AUTHORITY}/language/{code}") for code in ("SWE", "ENG"))
# Justice, legal system and public safety.
THEME = Iri(f"{_AUTHORITY}/data-theme/JUST")
KEYWORDS = (
    Wording(sv="trygghet", en="safety"),
    Wording(sv="brottsförebyggande arbete", en="crime prevention"),
    Wording(sv="samverkan mellan kommun och polis", en="collaboration of municipality and police"),
)
# How often a period of the shortest type is closed: months are, with their tertial.
_FREQUENCIES = (
    ("quarter", "QUARTERLY"),
    ("month", "ANNUAL_3"),
    ("tertial", "ANNUAL_3"),
    ("halfYear", "ANNUAL_2"),
    ("year", "ANNUAL"),
)
_MEDIA_TYPES = "http://www.iana.org/assignments/media-types"
# By ending: the name, the media type, and the specification that the form follows.
DISTRIBUTIONS: Mapping[str, tuple[str, str, Iri]] = {
    "csv": ("CSV", "text/csv", Iri("https://www.rfc-editor.org/rfc/rfc4180")),
    "json": ("JSON-stat 2.0", "application/json", Iri("https://json-stat.org/full/")),
}


def graph_of(
    catalogue: OpenDataCatalogue, datasets: Sequence[tuple[Dataset, IndicatorDefinition]], public_url: str
) -> Graph:
    """Return a catalogue with all that it lists, each dataset with what its indicator is."""
    about = _About(Graph(), catalogue, public_url)
    about.add_catalogue([dataset for dataset, _ in datasets])
    about.add_publisher()
    about.add_terms()
    for dataset, definition in datasets:
        about.add_dataset(dataset, definition)
    return about.graph


class _About:
    """Says what there is to say of a catalogue."""

    def __init__(self, graph: Graph, catalogue: OpenDataCatalogue, public_url: str) -> None:
        self.graph = graph
        self._catalogue = catalogue
        self._public_url = public_url
        self._itself = catalogue_address(public_url, catalogue.code)
        number = catalogue.organisation_number
        # By the first of these the portal knows that catalogues have the same publisher.
        known = f"http://dataportal.se/organisation/SE{number}" if number else f"{self._itself}#publisher"
        self._publisher, self._contact = Iri(known), Iri(f"{self._itself}#contact")
        self._place = Iri(f"{self._itself}#area")

    def add_catalogue(self, datasets: Sequence[Dataset]) -> None:
        """Say what the catalogue is."""
        itself, publisher = Iri(self._itself), self._catalogue.publisher
        modified = max([self._catalogue.published_at, *(one.modified_at for one in datasets)])
        self._say(
            itself,
            "dcat:Catalog",
            {
                "dcterms:title": _both(
                    Wording(sv=f"Samverkan med polisen, {publisher}", en=f"Collaboration with the police, {publisher}")
                ),
                "dcterms:description": _both(
                    Wording(
                        sv=f"Hur överenskommelser mellan {publisher} och polisen följs upp: slutliga värden per "
                        "indikator, för kommunen och dess stadsdelar.",
                        en=f"How agreements between {publisher} and the police are followed up: final figures by "
                        "indicator, for the municipality and its districts.",
                    )
                ),
                "dcterms:publisher": [self._publisher],
                "dcterms:license": [CC0],
                "dcterms:language": LANGUAGES,
                "dcterms:issued": [_moment(self._catalogue.published_at)],
                "dcterms:modified": [_moment(modified)],
                "dcterms:spatial": [self._place],
                "dcat:themeTaxonomy": [Iri(f"{_AUTHORITY}/data-theme")],
                "dcat:dataset": [self._dataset(one.indicator) for one in datasets],
            },
        )
        name = Wording(sv=self._catalogue.name, en=self._catalogue.name_en)
        code = [Literal(self._catalogue.code)]
        self._say(self._place, "dcterms:Location", {"skos:prefLabel": _both(name), "dcterms:identifier": code})

    def add_publisher(self) -> None:
        """Say who publishes, and where to ask."""
        name, number = Literal(self._catalogue.publisher), self._catalogue.organisation_number
        local = Iri("http://purl.org/adms/publishertype/LocalAuthority")
        identifier = [Literal(number)] if number else []
        self._say(
            self._publisher,
            "foaf:Agent",
            {"foaf:name": [name], "dcterms:type": [local], "dcterms:identifier": identifier},
        )
        email = Iri(f"mailto:{quote(self._catalogue.contact_email, safe='@')}")
        self._say(self._contact, "vcard:Organization", {"vcard:fn": [name], "vcard:hasEmail": [email]})

    def add_terms(self) -> None:
        """Say what the licence and the standards are, for readers that look nothing up."""
        self._say(CC0, "dcterms:LicenseDocument", {})
        for name, _, standard in DISTRIBUTIONS.values():
            self._say(standard, "dcterms:Standard", {"dcterms:title": [Literal(name)]})

    def add_dataset(self, dataset: Dataset, definition: IndicatorDefinition) -> None:
        """Say what is published of an indicator, and in which forms."""
        itself = self._dataset(dataset.indicator)
        span = Iri(f"{itself.address}#period")
        self._say(
            itself,
            "dcat:Dataset",
            {
                "dcterms:title": _both(definition.name),
                "dcterms:description": _both(definition.definition),
                "dcterms:identifier": [Literal(itself.address)],
                "dcterms:publisher": [self._publisher],
                "dcat:contactPoint": [self._contact],
                "dcat:theme": [THEME],
                "dcat:keyword": [text for keyword in _keywords(definition) for text in _both(keyword)],
                "dcterms:language": LANGUAGES,
                "dcterms:accessRights": [Iri(f"{_AUTHORITY}/access-right/PUBLIC")],
                "dcterms:accrualPeriodicity": [_frequency(dataset.period_types)],
                "dcterms:spatial": [self._place],
                "dcterms:temporal": [span],
                "dcat:temporalResolution": [_resolution(dataset.period_types)],
                "dcterms:issued": [_moment(self._catalogue.published_at)],
                "dcterms:modified": [_moment(dataset.modified_at)],
                "dcat:version": [Literal(str(dataset.version))],
                "dcat:distribution": [self._form(dataset, ending) for ending in DISTRIBUTIONS],
            },
        )
        days = {"dcat:startDate": [_day(dataset.first)], "dcat:endDate": [_day(dataset.last)]}
        self._say(span, "dcterms:PeriodOfTime", days)
        for ending in DISTRIBUTIONS:
            self._add_distribution(dataset, ending)

    def _add_distribution(self, dataset: Dataset, ending: str) -> None:
        name, media_type, standard = DISTRIBUTIONS[ending]
        file = Iri(f"{self._dataset(dataset.indicator).address}.{ending}")
        described = Wording(
            sv=f"Alla publicerade värden som {name}: per del, område och period.",
            en=f"All published figures as {name}: by slice, area and period.",
        )
        self._say(
            self._form(dataset, ending),
            "dcat:Distribution",
            {
                "dcterms:title": [Literal(name, "sv"), Literal(name, "en")],
                "dcterms:description": _both(described),
                "dcat:accessURL": [file],
                "dcat:downloadURL": [file],
                # As the Swedish profile has it; the European one asks for an address.
                "dcterms:format": [Literal(media_type)],
                "dcat:mediaType": [Iri(f"{_MEDIA_TYPES}/{media_type}")],
                "dcterms:conformsTo": [standard],
                "dcterms:license": [CC0],
                "dcterms:modified": [_moment(dataset.modified_at)],
                "dcatap:availability": [Iri(f"{_AUTHORITY}/planned-availability/STABLE")],
            },
        )

    def _say(self, subject: Iri, kind: str, properties: Mapping[str, Iterable[Iri | Literal]]) -> None:
        prefix, _, name = kind.partition(":")
        self.graph.add(subject, TYPE, [Iri(f"{PREFIXES[prefix]}{name}")])
        for prefixed, values in properties.items():
            self.graph.add(subject, prefixed, values)

    def _dataset(self, indicator: str) -> Iri:
        return Iri(dataset_address(self._public_url, self._catalogue.code, indicator))

    def _form(self, dataset: Dataset, ending: str) -> Iri:
        return Iri(f"{self._dataset(dataset.indicator).address}#{ending}")


def _both(wording: Wording) -> list[Literal]:
    return [Literal(wording.sv, "sv"), Literal(wording.en, "en")]


def _keywords(definition: IndicatorDefinition) -> Iterator[Wording]:
    yield from KEYWORDS
    yield from (THEME_NAMES[theme] for theme in definition.themes)


def _frequency(period_types: Iterable[str]) -> Iri:
    there = {*period_types}
    code = next(code for period_type, code in _FREQUENCIES if period_type in there)
    return Iri(f"{_AUTHORITY}/frequency/{code}")


def _resolution(period_types: Iterable[str]) -> Literal:
    months = min(PeriodType(one).month_count for one in period_types)
    return Literal("P1Y" if months == PeriodType.YEAR.month_count else f"P{months}M", datatype="xsd:duration")


def _moment(instant: datetime) -> Literal:
    return Literal(instant_text(instant), datatype="xsd:dateTime")


def _day(day: date) -> Literal:
    return Literal(day.isoformat(), datatype="xsd:date")
