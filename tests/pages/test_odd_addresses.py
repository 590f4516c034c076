"""Whatever an address has in it, a page answers: with what there is, or that there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from shared.domain.person import GivenRole, PersonRole
from tests.pages.addresses import EXAMPLES, example_of, page_routes
from tests.pages.due.conftest import new_database  # noqa: F401  a fixture
from tests.pages.due.people import browser, invite
from tests.pages.due.world import AGREEMENT, promise

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx
    from fastapi import FastAPI
    from fastapi.dependencies.models import Dependant

pytestmark = pytest.mark.long

ODD = ("%00", "%F0%9F%98%80", "-1", "9" * 30, "a" * 300, "%25", quote("2016-02-30"), "")
# What there is, so that what is odd beside it is looked for.
THERE = {"agreement": AGREEMENT, "commitment": "promise", "municipality": "landskrona", "area": "1282"}


def odd_addresses() -> Iterator[str]:
    """Yield each address of a page with something odd in each of its places, and in each part of its query."""
    for route in page_routes():
        if "GET" not in (route.methods or ()):
            continue
        for name in sorted(EXAMPLES):
            if f"{{{name}}}" in route.path:
                yield from (example_of(route.path, **THERE | {name: odd}) for odd in ODD if odd)
        usual = example_of(route.path, **THERE)
        for name in sorted(_query_names(route.dependant)):
            yield from (f"{usual}?{name}={odd}" for odd in ODD)


def _query_names(dependant: Dependant) -> set[str]:
    named = {field.alias for field in dependant.query_params}
    return named.union(*map(_query_names, dependant.dependencies))


@pytest.mark.parametrize("role", [PersonRole.ADMINISTRATOR, PersonRole.COORDINATOR, PersonRole.REPORTER])
async def test_no_address_is_a_fault_of_ours(
    app: FastAPI, client: httpx.AsyncClient, database_url: str, role: PersonRole
) -> None:
    await promise(client, "2016-12-31")
    asked = [*odd_addresses()]
    assert len(asked) > 500
    token = invite(database_url, "anna.berg@landskrona.example", GivenRole(role, "1282"))
    wrong = []
    async with browser(app, token) as opened:
        for address in asked:
            answer = await opened.get(address)
            if answer.status_code >= 500:
                wrong.append(address)
    assert wrong == []
