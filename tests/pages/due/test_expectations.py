"""What is expected appears when its time has come, and goes when it is there."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from services.api.http.routing import BASE
from shared.catalogue.loader import shipped_catalogue
from shared.domain.person import GivenRole, PersonRole
from shared.domain.reporting_day import first_day_asked_for, last_reporting_day, next_reporting_day, reporting_day_of
from shared.domain.wording import Language
from shared.expectations.expectation import ExpectationKind
from shared.expectations.reading import expectations
from shared.expectations.recipients import is_theirs, question_of
from shared.expectations.sentences import by_when, what
from shared.facts.catalogue_in_force import CatalogueInForce
from shared.people.directory import everyone
from tests.landskrona.loading import prepare, settle
from tests.pages.due.people import invite
from tests.pages.due.world import (
    AGREEMENT,
    POLICE,
    SCHOOL,
    TOWN,
    expected,
    have_contact_officer,
    promise,
    put,
    report,
)

if TYPE_CHECKING:
    import httpx
    from sqlalchemy.ext.asyncio import AsyncEngine

MAY = date(2016, 5, 20)
_ENDS = text("UPDATE annex SET valid = daterange('2015-01-01', CAST(:until AS date)) WHERE number = 7")
_NOTE = text("INSERT INTO person_report (activity_id, person_id) SELECT unnest(CAST(:ids AS uuid[])), :person_id")


async def months(engine: AsyncEngine, day: date) -> list[tuple[str, int]]:
    return [(one.place.code, one.day.month) for one in await expected(engine, day, ExpectationKind.VISITS)]


async def walk(client: httpx.AsyncClient, day: str, *states: str) -> str:
    """Report a safety walk with items in these states, and return its id."""
    items = [{"item": f"Lampa {number}", "state": state} for number, state in enumerate(states)]
    fields = {"area": "1282-karlslund", "annex": 3, "participants": {"residents": 21}}
    return await report(client, day, type="safety-walk", attributes={"actionItems": items}, **fields)


@pytest.mark.parametrize(
    ("day", "asked_from", "coming", "passed"),
    [
        (date(2026, 5, 3), date(2026, 1, 1), date(2026, 5, 10), date(2026, 1, 10)),
        (date(2026, 5, 10), date(2026, 1, 1), date(2026, 5, 10), date(2026, 1, 10)),
        (date(2026, 5, 11), date(2026, 1, 1), date(2026, 9, 10), date(2026, 5, 10)),
        (date(2026, 6, 9), date(2026, 1, 1), date(2026, 9, 10), date(2026, 5, 10)),
        (date(2026, 6, 10), date(2026, 5, 1), date(2026, 9, 10), date(2026, 5, 10)),
        (date(2027, 1, 10), date(2026, 9, 1), date(2027, 1, 10), date(2026, 9, 10)),
    ],
)
def test_a_tertial_is_reported_by_the_tenth_and_asked_for_a_month_longer(
    day: date, asked_from: date, coming: date, passed: date
) -> None:
    found = (first_day_asked_for(day), next_reporting_day(day), last_reporting_day(day))
    assert found == (asked_from, coming, passed)
    assert reporting_day_of(date(2026, 4, 30)) == date(2026, 5, 10)
    assert reporting_day_of(date(2026, 12, 1)) == date(2027, 1, 10)


async def test_a_month_lacks_visits_until_there_are_enough(client: httpx.AsyncClient, engine: AsyncEngine) -> None:
    assert await months(engine, MAY) == []
    await have_contact_officer(client, need=2)
    assert await months(engine, MAY) == [(SCHOOL, month) for month in (1, 2, 3, 4, 5)]
    await report(client, "2016-03-10")
    assert (SCHOOL, 3) in await months(engine, MAY)
    await report(client, "2016-03-11")
    assert await months(engine, MAY) == [(SCHOOL, month) for month in (1, 2, 4, 5)]
    # In summer none are expected, and the spring is no longer asked for.
    assert await months(engine, date(2016, 7, 15)) == [(SCHOOL, 5)]
    april, may = (await expected(engine, MAY, ExpectationKind.VISITS))[-2:]
    assert (april.due_on, april.is_late(MAY), may.due_on, may.is_late(MAY)) == (
        date(2016, 4, 30), True, date(2016, 5, 31), False,
    )  # fmt: skip
    assert (april.annex and april.annex.number) == 7
    assert april.address == f"/rapportera/school-visit?plats={SCHOOL}&dag=2016-04-29"
    assert may.address == f"/rapportera/school-visit?plats={SCHOOL}&dag=2016-05-20"
    assert what(april, Language.SV) == "Skolbesök, Havsbrisskolan, april 2016"
    assert by_when(april, MAY, Language.SV).replace("\xa0", " ") == "Försenat, skulle ha varit klart 30 april 2016"


@pytest.mark.parametrize(("until", "expected_months"), [("2016-01-30", [1]), ("2016-01-29", [])])
async def test_an_annex_expects_the_visits_of_a_month_in_which_it_holds_on_the_last_day_of_term(
    client: httpx.AsyncClient, engine: AsyncEngine, until: str, expected_months: list[int]
) -> None:
    """As in how complete the year is (`tests/completeness/test_in_force.py`)."""
    await have_contact_officer(client)
    async with engine.begin() as connection:
        await connection.execute(_ENDS, {"until": date.fromisoformat(until)})
    assert [month for _, month in await months(engine, MAY)] == expected_months


async def test_a_municipality_s_own_definitions_are_expected_without_code(
    client: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    names = {"sv": "Skolrundor", "en": "School rounds"}
    words: dict[str, Any] = dict.fromkeys(("name", "definition", "numerator", "denominator"), names)
    kind: dict[str, Any] = {"name": names, "description": names, "moments": ["start"], "placeKinds": ["school"]}
    await put(client, "/activity-types/school-round", kind | {"area": "1282"})
    indicator = words | {"unit": "percent", "direction": "higher", "kind": "coverage", "area": "1282"}
    indicator |= {"activityTypes": ["school-round"], "themes": ["contact-officers"]}
    await put(client, "/indicators/rounds", indicator | {"expects": {"role": "contact-officer"}})
    await have_contact_officer(client)
    found = [one.subject.sv for one in await expected(engine, date(2016, 2, 20), ExpectationKind.VISITS)]
    assert sorted(found) == ["Skolbesök"] * 2 + ["Skolrundor"] * 2


async def test_a_commitment_is_expected_near_its_day_until_it_is_decided(
    client: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    await promise(client, "2016-05-31", fulfilledBy="decision")
    kind = ExpectationKind.COMMITMENT
    assert await expected(engine, date(2016, 4, 30), kind) == []
    for day, is_late in ((date(2016, 5, 1), False), (date(2016, 5, 31), False), (date(2016, 6, 1), True)):
        (one,) = await expected(engine, day, kind)
        assert (one.is_late(day), one.parties, one.annex and one.annex.number) == (is_late, (POLICE,), 4)
    assert await expected(engine, date(2016, 10, 11), kind) == [], "its tertial is closed"
    await promise(client, "2016-05-31", withdrawnOn="2016-05-15", fulfilledBy="decision")
    assert await expected(engine, MAY, kind) == []
    decisions = [{"area": "1282", "fulfilledOn": "2016-06-02"}]
    await promise(client, "2016-05-31", fulfilledBy="decision", decisions=decisions)
    assert await expected(engine, date(2016, 6, 3), kind) == [], "too late, but done"


async def test_a_commitment_of_both_is_both_parties(client: httpx.AsyncClient, engine: AsyncEngine) -> None:
    await promise(client, "2016-05-31", party=f"{TOWN} och {POLICE}")
    (one,) = await expected(engine, MAY, ExpectationKind.COMMITMENT)
    assert one.parties == (TOWN, POLICE)


@pytest.mark.parametrize("status", ["performed", "cancelled"])
async def test_what_was_planned_is_expected_from_the_day_after_until_it_is_told(
    client: httpx.AsyncClient, engine: AsyncEngine, status: str
) -> None:
    activity_id = await report(client, "2016-05-19", status="planned", participants={})
    assert await expected(engine, date(2016, 5, 19), ExpectationKind.PLANNED) == []
    (one,) = await expected(engine, MAY, ExpectationKind.PLANNED)
    assert (str(one.activity_id), one.due_on, one.is_late(MAY)) == (activity_id, date(2016, 5, 19), True)
    assert await expected(engine, date(2017, 2, 10), ExpectationKind.PLANNED) == [], "its agreement is long over"
    await report(client, "2016-05-19", status=status)
    assert await expected(engine, MAY, ExpectationKind.PLANNED) == []


async def test_open_items_of_a_list_are_expected_until_all_are_done(
    client: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    await walk(client, "2016-04-12", "open", "done", "open")
    (one,) = await expected(engine, MAY, ExpectationKind.ITEMS)
    assert (one.number, one.due_on) == (2, date(2016, 12, 31))
    assert what(one, Language.EN).endswith("2 items on the list are not done")
    await walk(client, "2016-04-12", "done", "done", "done")
    assert await expected(engine, MAY, ExpectationKind.ITEMS) == []


async def test_an_observation_is_expected_once_its_period_is_over_until_it_arrives(
    client: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    """A survey is asked for by the year, what is added up month by month."""
    await prepare(engine)
    await settle(engine)
    year_over = date(2017, 1, 2)
    found = await expected(engine, year_over, ExpectationKind.OBSERVATION)
    surveys = {one.subject.sv for one in found if one.key.endswith("year/2016-12-31")}
    assert "Nöjda med arbetet mot klotter och med renhållningen" in surveys
    monthly = {one.key for one in found if "/month/" in one.key}
    assert {f"vandalism-cost/all/1282/month/2016-{month}" for month in ("09-30", "10-31")} <= monthly
    assert {one.due_on for one in found} == {date(2017, 1, 10)}
    said = {what(one, Language.SV) for one in found}
    assert {
        "Mätvärde: Trygga utomhus på kvällen, Landskrona, 2016",
        "Mätvärde: Kostnad för skadegörelse, Landskrona, oktober 2016",
    } <= said
    assert await expected(engine, date(2016, 12, 31), ExpectationKind.OBSERVATION) != []
    assert not [one for one in await expected(engine, date(2016, 12, 31)) if one.key.endswith("year/2016-12-31")]
    observation = {
        "source": "test", "measure": "satisfied-cleaning", "area": "1282", "period": "2016", "numerator": 7,
        "denominator": 10, "status": "observed", "finality": "final", "publishedOn": "2016-12-20",
    }  # fmt: skip
    assert (await client.post(f"{BASE}/observations", json=observation)).is_success
    await settle(engine)
    found = await expected(engine, year_over, ExpectationKind.OBSERVATION)
    assert "Nöjda med arbetet mot klotter och med renhållningen" not in {one.subject.sv for one in found}
    assert {one.annex.agreement for one in found if one.annex} == {AGREEMENT}


async def test_what_is_a_person_s_own_is_found_without_all_else(
    client: httpx.AsyncClient, engine: AsyncEngine, database_url: str
) -> None:
    await have_contact_officer(client)
    await promise(client, "2016-12-30", party=TOWN)
    reported = []
    for on in ("2016-12-14", "2016-12-15"):
        reported += [await report(client, on, status="planned", participants={}), await walk(client, on, "open")]
    reporter = GivenRole(PersonRole.REPORTER, "1282")
    owner = GivenRole(PersonRole.ANNEX_OWNER, "1282", None, AGREEMENT, 7)
    invite(database_url, "reporter@landskrona.example", reporter)
    invite(database_url, "owner@landskrona.example", owner)
    invite(database_url, "both@landskrona.example", reporter, owner)
    invite(database_url, "coordinator@landskrona.example", GivenRole(PersonRole.COORDINATOR, "1282"))
    day = date(2017, 1, 2)
    kinds: dict[str, set[str]] = {}
    async with engine.begin() as connection:
        catalogue = await CatalogueInForce(shipped_catalogue()).current(connection)
        people = {one.email.partition("@")[0]: one for one in await everyone(connection)}
        await connection.execute(_NOTE, {"ids": reported[:2], "person_id": people["reporter"].person_id})
    every = await expected(engine, day)
    async with engine.connect() as connection:
        for name, person in people.items():
            found = await expectations(connection, question_of(person, catalogue, day))
            own = [one for one in found if is_theirs(one, person)]
            assert own == [one for one in every if is_theirs(one, person)]
            kinds[name] = {one.kind.value for one in own}
    assert kinds == {
        "reporter": {"visits", "commitment", "planned", "items"},
        "owner": {"visits", "planned"},
        "both": {"visits", "commitment", "planned"},
        "coordinator": set(),
    }
