"""Every operation of the specification, asked by everybody, about what is Landskrona's."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import httpx
import pytest
from fastapi.routing import APIRoute
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.routing import Route

from services.api import app as api
from services.api.documentation import texts
from services.api.documentation.page import pages
from services.api.http.auth import Holder
from services.api.http.routing import BASE
from services.api.odata.sets import FEEDS
from services.api.operation.health import health
from tests.contract import specification
from tests.extent import sample_of
from tests.tenancy.requesting import OPERATIONS, Thing, made_for, request_of, without_chance
from tests.tenancy.rules import ENTITY_SETS, OTHER_ADDRESSES, READ, Rule
from tests.tenancy.rules import OPERATIONS as RULES
from tests.tenancy.tenants import INSIDE, OUTSIDE, STRANGERS, Caller, Tenants

pytestmark = [pytest.mark.long]
KEYED = {name: rule for name, rule in RULES.items() if rule[0] is not Rule.SERVICE}
# To whom what is outside of their areas does not exist, or may not be changed, and by which status they are told.
REFUSED = {Rule.STRUCTURE_CHANGE: 403, Rule.ONE: 404, Rule.OWN_CODE: 404, Rule.NEW_FACT: 422}


@pytest.fixture(scope="module")
def database_url(year_url: str) -> str:
    return year_url


def test_every_operation_and_entity_set_has_a_rule() -> None:
    assert set(RULES) == set(OPERATIONS)
    assert set(ENTITY_SETS) == set(FEEDS)
    routers = (*api.RESOURCES, texts.about, pages, health)
    served = {route.path for router in routers for route in router.routes if isinstance(route, Route)}
    documented = {f"{BASE}{path}" for path in specification()["paths"]}
    assert served - documented == set(OTHER_ADDRESSES)


def test_every_operation_asks_for_its_scope_before_anything_else() -> None:
    """What is named behind a connection would have it taken without an access."""
    for route in (route for router in api.RESOURCES for route in router.routes):
        assert isinstance(route, APIRoute)
        assert isinstance(route.dependencies[0].dependency, Holder), route.path


async def test_strangers_are_told_nothing(anyone: httpx.AsyncClient, tenants: Tenants) -> None:
    wrong = []
    for name in KEYED:
        there = await made_for(anyone, name)
        for thing in (there, there.elsewhere()):
            answers = [await _ask(anyone, tenants, caller, name, thing) for caller in STRANGERS]
            assert {answer.status_code for answer in answers} == {401}, name
            if len({str(without_chance(answer)) for answer in answers}) > 1:
                wrong.append(name)
    assert wrong == []


async def test_a_lesser_scope_does_not_do(anyone: httpx.AsyncClient, tenants: Tenants) -> None:
    for name, (_, scope) in KEYED.items():
        if scope is READ:
            continue
        there = await made_for(anyone, name)
        answers = [await _ask(anyone, tenants, Caller.LESSER, name, thing) for thing in (there, there.elsewhere())]
        assert [answer.status_code for answer in answers] == [403, 403], name
        assert f'scope="{scope}"' in answers[0].headers["www-authenticate"], name
        assert without_chance(answers[0]) == without_chance(answers[1]), name


async def test_nobody_outside_sees_what_is_not_theirs(anyone: httpx.AsyncClient, tenants: Tenants) -> None:
    wrong: list[str] = []
    for name, (rule, _) in KEYED.items():
        if rule not in REFUSED:
            there = await made_for(anyone, name)
            for caller in OUTSIDE:
                answer = await _ask(anyone, tenants, caller, name, there)
                wrong += [f"{caller}, {name}: {fault}" for fault in _faults(rule, answer, there)]
    assert not wrong, "\n".join(wrong)


async def test_nobody_outside_changes_what_is_not_theirs_nor_learns_whether_it_is_there(
    anyone: httpx.AsyncClient, tenants: Tenants, engine: AsyncEngine
) -> None:
    wrong: list[str] = []
    refused = {name: await made_for(anyone, name) for name, (rule, _) in KEYED.items() if rule in REFUSED}
    before = await contents(engine)
    for (name, there), caller in product(refused.items(), OUTSIDE):
        rule, _ = KEYED[name]
        answer = await _ask(anyone, tenants, caller, name, there)
        wrong += [f"{caller}, {name}: {fault}" for fault in _faults(rule, answer, there)]
        if rule is Rule.STRUCTURE_CHANGE:  # what there is of it everybody knows
            continue
        changes = {"area": "nowhere"} if rule is Rule.NEW_FACT else {}
        nothing = await _ask(anyone, tenants, caller, name, there.elsewhere(), **changes)
        if without_chance(answer) != without_chance(nothing):
            wrong.append(f"{caller}, {name}: {without_chance(answer)} is not {without_chance(nothing)}")
    assert not wrong, "\n".join(wrong)
    assert await contents(engine) == before


async def test_whoever_has_the_area_sees_and_changes_it(anyone: httpx.AsyncClient, tenants: Tenants) -> None:
    wrong: list[str] = []
    for name, (rule, _) in KEYED.items():
        for caller in sample_of(INSIDE, 2):
            there = await made_for(anyone, name)
            answer = await _ask(anyone, tenants, caller, name, there)
            is_others_code = rule is Rule.OWN_CODE and caller is not Caller.OWN
            if answer.status_code != 404 if is_others_code else not answer.is_success:
                wrong.append(f"{caller}, {name}: {answer.status_code} {answer.text[:300]}")
            if rule is Rule.LIST and not any(mark in answer.text for mark in there.marks):
                wrong.append(f"{caller}, {name}: it leaves out what is theirs")
    assert not wrong, "\n".join(wrong)


async def test_what_is_served_beside_the_specification(anyone: httpx.AsyncClient, tenants: Tenants) -> None:
    for address, status in OTHER_ADDRESSES.items():
        answer = await anyone.get(address, headers={"Authorization": ""})
        assert answer.status_code == status, address


def _faults(rule: Rule, answer: httpx.Response, there: Thing) -> Iterator[str]:
    """Yield what is wrong with an answer to somebody outside."""
    if rule in REFUSED:
        if answer.status_code != REFUSED[rule]:
            yield f"{answer.status_code} {answer.text[:300]}"
    elif rule is Rule.CLIENT:
        if answer.status_code not in {404, 422}:
            yield f"{answer.status_code} {answer.text[:300]}"
    elif not answer.is_success:
        yield f"{answer.status_code} {answer.text[:300]}"
    if any(mark in answer.text for mark in there.marks) and rule not in {Rule.OWN_CODE_CHANGE, Rule.STRUCTURE}:
        yield f"it names what is Landskrona's: {answer.text[:300]}"
    if rule is Rule.FACTS_BEHIND and answer.is_success and answer.json()["_meta"]["totalRecords"]:
        yield f"it lists what is Landskrona's: {answer.text[:300]}"


async def _ask(
    client: httpx.AsyncClient, tenants: Tenants, caller: Caller, name: str, thing: Thing, **changes: object
) -> httpx.Response:
    request = request_of(client, name, thing, **changes)
    request.headers.pop("Authorization")
    request.headers.update(tenants.headers(caller, RULES[name][1]))
    return await client.send(request)


_TABLES = text(
    """SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY relname"""
)


# But for when keys were used, which is noted a moment later.
_LINE = "LATERAL (SELECT (to_jsonb(t) - 'last_used_at')::text) AS content(line)"


async def contents(engine: AsyncEngine) -> dict[str, str]:
    """Return a digest of every table."""
    async with engine.connect() as connection:
        contents = {}
        for table in (await connection.execute(_TABLES)).scalars().all():
            rows = await connection.execute(
                text(f"SELECT md5(string_agg(content.line, '' ORDER BY content.line)) FROM {table} t, {_LINE}")
            )
            contents[table] = rows.scalar_one()
        return contents
