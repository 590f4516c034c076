"""The catalogue at its address: for everybody, the same in each form, and of what is published alone."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from rdflib import Literal, URIRef
from rdflib.namespace import DCAT, DCTERMS, FOAF, RDF

from services.api.open_data import contents
from tests.open_data.conftest import DISTRICT, PUBLISHER, SCHOOL, SWITCH, put
from tests.open_data.harvesting import SYNTAXES, objections_to, read

if TYPE_CHECKING:
    import httpx
    from sqlalchemy import Connection


@pytest.fixture(autouse=True)
def _nothing_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "SECONDS_REMEMBERED", 0)


def listed_in(answer: httpx.Response, ending: str = "rdf") -> set[str]:
    assert answer.status_code == 200, answer.text
    return {str(one).rpartition("/")[2] for one in read(answer.content, ending).objects(None, DCAT.dataset)}


async def test_it_is_harvested_without_a_key_in_any_form_and_every_address_in_it_answers(
    rows: Connection, stranger: httpx.AsyncClient, landskrona: str
) -> None:
    put(rows, "graffiti-cleanups")
    put(rows, "graffiti-cleanups", DISTRICT, period_start=date(2016, 4, 1))
    put(rows, "school-visits", period_type="tertial", period_start=date(2016, 1, 1))
    graphs = {ending: read((await stranger.get(f"{landskrona}.{ending}")).content, ending) for ending in SYNTAXES}
    assert {*graphs["rdf"]} == {*graphs["ttl"]} == {*graphs["jsonld"]}
    assert objections_to(graphs["rdf"]) == {"Warning": {FOAF.homepage}}
    datasets = {str(one) for one in graphs["rdf"].subjects(RDF.type, DCAT.Dataset)}
    assert datasets == {f"{landskrona}/graffiti-cleanups", f"{landskrona}/school-visits"}
    for address in (*datasets, *map(str, graphs["rdf"].objects(None, DCAT.downloadURL))):
        assert (await stranger.get(address)).status_code == 200, address
    for file in graphs["rdf"].subjects(RDF.type, DCAT.Distribution):
        media_type = str(graphs["rdf"].value(file, DCTERMS["format"]))
        served = await stranger.get(str(graphs["rdf"].value(file, DCAT.accessURL)))
        assert served.headers["content-type"].partition(";")[0] == media_type


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("application/rdf+xml", "application/rdf+xml"),
        ("text/turtle", "text/turtle; charset=utf-8"),
        ("application/ld+json, text/turtle;q=0.5", "application/ld+json"),
        ("*/*", "application/rdf+xml"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "application/rdf+xml"),
    ],
)
async def test_the_form_is_what_the_portal_accepts(
    rows: Connection, stranger: httpx.AsyncClient, landskrona: str, accept: str, media_type: str
) -> None:
    put(rows, "graffiti-cleanups")
    answer = await stranger.get(landskrona, headers={"Accept": accept})
    assert answer.headers["content-type"] == media_type
    assert answer.headers["cache-control"] == "public, max-age=300"
    again = await stranger.get(landskrona, headers={"Accept": accept, "If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert (await stranger.get(landskrona, headers={"Accept": "text/csv"})).status_code == 406


async def test_it_lists_what_is_published_alone_and_nothing_else_changes_it(
    rows: Connection, stranger: httpx.AsyncClient, landskrona: str
) -> None:
    nothing = await stranger.get(landskrona)
    assert nothing.status_code == 404
    put(rows, "school-visits", finality="preliminary")
    put(rows, "safety-walks", status="suppressed")
    put(rows, "graffiti-cleanups", SCHOOL)
    put(rows, "graffiti-cleanups", "1284")
    assert (await stranger.get(landskrona)).json()["detail"] == nothing.json()["detail"]
    put(rows, "foot-patrols")
    before = await stranger.get(landskrona)
    assert listed_in(before) == {"foot-patrols"}
    # Of what is published, too, what is not is neither in its days nor in when it last changed.
    later: dict[str, Any] = {"period_start": date(2019, 1, 1), "computed_at": datetime(2019, 2, 1, tzinfo=UTC)}
    put(rows, "foot-patrols", finality="preliminary", **later)
    put(rows, "foot-patrols", DISTRICT, status="suppressed", **later)
    assert (await stranger.get(landskrona)).content == before.content


async def test_an_indicator_that_is_defined_no_more_is_not_published(
    rows: Connection, stranger: httpx.AsyncClient, landskrona: str
) -> None:
    put(rows, "foot-patrols")
    rows.exec_driver_sql("UPDATE indicator_series SET indicator_code = 'retired' WHERE indicator_code = 'foot-patrols'")
    put(rows, "graffiti-cleanups")
    try:
        assert listed_in(await stranger.get(landskrona)) == {"graffiti-cleanups"}
        assert (await stranger.get(f"{landskrona}/retired.csv")).status_code == 404
    finally:
        rows.exec_driver_sql(
            "UPDATE indicator_series SET indicator_code = 'foot-patrols' WHERE indicator_code = 'retired'"
        )


async def test_who_publishes_can_change(
    rows: Connection, client: httpx.AsyncClient, stranger: httpx.AsyncClient, landskrona: str
) -> None:
    put(rows, "graffiti-cleanups")
    await stranger.get(landskrona)
    changed = PUBLISHER | {"publisher": "Staden", "organisationNumber": None}
    assert (await client.put(f"{SWITCH}/1282", json=changed)).status_code == 200
    read_back = read((await stranger.get(landskrona)).content, "rdf")
    publisher = URIRef(f"{landskrona}#publisher")
    assert {*read_back.objects(None, DCTERMS.publisher)} == {publisher}
    assert read_back.value(publisher, FOAF.name) == Literal("Staden")


async def test_what_was_made_is_remembered_for_a_while(
    rows: Connection, stranger: httpx.AsyncClient, landskrona: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contents, "SECONDS_REMEMBERED", 60)
    put(rows, "graffiti-cleanups")
    first = await stranger.get(landskrona)
    put(rows, "foot-patrols")
    assert (await stranger.get(landskrona)).content == first.content


@pytest.mark.parametrize(
    "address", ["/oppna-data", "/oppna-data/", "/oppna-data/9999", "/oppna-data/1282.xml", "/oppna-data/%FF"]
)
async def test_there_is_nothing_elsewhere(stranger: httpx.AsyncClient, landskrona: str, address: str) -> None:
    assert (await stranger.get(address)).status_code == 404
