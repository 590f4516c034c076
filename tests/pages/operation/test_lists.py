"""Sources, subscriptions and imports in words: states, what went wrong, and rows that are not stored."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from services.api.http.routing import BASE
from services.api.pages.operation.lists import Words
from services.api.pages.texts import translator
from shared.connectors import fetching, outgoing
from shared.domain.person import GivenRole, PersonRole
from shared.domain.wording import Language
from tests.pages.people import browser, invite, send, sign_in, words_of

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx
    from fastapi import FastAPI

pytestmark = [pytest.mark.long]
ROWS = """source,externalId,type,agreement,annex,area,status,start,participants.residents
x,{0}1,safety-walk,landskrona-2015-2016,3,1282-karlslund,performed,2016-04-12,21
x,{0}2,safety-walk,landskrona-2015-2016,3,1282-nowhere,performed,2016-04-12,21
x,{0}3,safety-walk,landskrona-2015-2016,3,1282-karlslund,performed,2016-13-12,21
"""
SOURCE: dict[str, Any] = {
    "url": "https://felanmalan.example/open311/secret/v2",
    "agreement": "landskrona-2015-2016",
    "services": {"klotter": {"type": "graffiti-cleanup", "annex": 4, "attributes": {"contentKind": "ordinary"}}},
    "areas": {"byAddressId": {}, "byZipcode": {}, "otherwise": "1282"},
    "statuses": {"open": "planned", "closed": "performed"},
    "since": "2016-01-01",
}
OWNED = "(SELECT area_id FROM area WHERE code = '1282')"


async def as_landskronas(execute: Callable[..., int], *tables: str) -> None:
    for table in tables:
        execute(f"UPDATE {table} SET owner_area_id = {OWNED}")


async def test_each_row_that_is_not_stored_is_told_with_its_number_field_and_reason(
    karin: httpx.AsyncClient, client: httpx.AsyncClient, execute: Callable[..., int]
) -> None:
    headers = {"Content-Type": "text/csv"}
    answer = await client.post(f"{BASE}/activity-imports", content=ROWS.format("a").encode(), headers=headers)
    assert answer.json()["refused"] == 2
    await as_landskronas(execute, "file_import")
    listed = await karin.get("/drift/inlasningar")
    assert "3 rader, 2 kunde inte läsas in" in words_of(listed)
    report = words_of(await karin.get(f"/drift/inlasningar/{answer.json()['id']}"))
    assert "Klar. 3 rader. 1 ny 2 kunde inte läsas in 2 anmärkningar" in report
    assert "Rad 3 Plats eller område Kunde inte läsas in. Det finns inget område med den koden." in report
    assert "Rad 4 Började Kunde inte läsas in. Uppgiften är inget datum." in report
    assert "/areas" not in report
    assert "Inga filer har lästs in." in words_of(await karin.get("/drift/inlasningar?visa=matvarden"))
    assert (await karin.get("/drift/inlasningar/00000000-0000-7000-8000-000000000000")).status_code == 404


async def test_a_source_and_a_subscription_say_what_went_wrong(
    karin: httpx.AsyncClient, client: httpx.AsyncClient, execute: Callable[..., int]
) -> None:
    assert (await client.put(f"{BASE}/pulled-sources/felanmalan", json=SOURCE)).is_success
    address = {"url": "https://intranat.example/hook?token=secret", "description": "Intranätet"}
    assert (await client.post(f"{BASE}/webhooks", json=address)).is_success
    await as_landskronas(execute, "pulled_source", "webhook")
    assert "Väntar på första hämtningen" in words_of(await karin.get("/drift/kallor"))
    waiting = words_of(await karin.get("/drift/prenumerationer"))
    assert "Intranätet intranat.example Väntar på att mottagaren bekräftar Inget har skickats än." in waiting
    execute(
        """UPDATE pulled_source SET failure = 'certificateExpired', failures_in_a_row = 3,
           succeeded_at = '2016-03-30T08:00Z', tally = :tally""",
        tally='{"created": 1, "updated": 0, "unchanged": 0, "outdated": 0, "refused": 2, "remarks": [{"field": "area",'
        ' "reason": "no area has this code", "remedy": "Take a code from /areas.", "count": 2}]}',
    )
    execute("UPDATE webhook SET status = 'paused', reason = 'gone'")
    failed = words_of(await karin.get("/drift/kallor")).replace("\u00a0", " ")
    assert "De 3 senaste hämtningarna misslyckades Systemets certifikat har gått ut." in failed
    assert "Senast hämtat den 30 mars 2016 kl. 10.00." in failed
    assert "2 ärenden togs inte med. Det finns inget område med den koden." in failed
    assert "mottagaren har svarat att adressen inte finns kvar" in words_of(await karin.get("/drift/prenumerationer"))
    overview = await karin.get("/drift")
    assert "System som uppgifter hämtas från. En fungerar inte." in words_of(overview)
    for page in (overview, await karin.get("/drift/kallor"), await karin.get("/drift/prenumerationer")):
        assert "secret" not in page.text


async def test_a_source_and_a_subscription_are_paused_and_go_on(
    karin: httpx.AsyncClient, execute: Callable[..., int]
) -> None:
    execute("UPDATE pulled_source SET position = '2016-03-30T08:00Z'")
    for path, paused in (("/drift/kallor", "Pausad"), ("/drift/prenumerationer", "Pausad av den som sköter den")):
        for do in ("resume", "pause", "pause", "resume"):
            page = await karin.get(path)
            (form,) = re.findall(rf'action="({path}/[^"]+/paus)"', page.text)
            answer = await send(karin, form, {"do": do})
            assert (answer.status_code, answer.headers["location"]) == (303, path)
            listed = words_of(await karin.get(path))
            assert (paused in listed, "Återuppta" in listed) == (do == "pause", do == "pause")
    where_it_was = (
        "SELECT FROM pulled_source WHERE position = '2016-03-30T08:00Z' AND due_at <= now() AND lease IS NULL"
    )
    assert execute(where_it_was) == 1, "it goes on where it was"


async def test_another_municipalitys_administrator_sees_none_of_it(
    app: FastAPI, database_url: str, karin: httpx.AsyncClient
) -> None:
    assert "felanmalan" in words_of(await karin.get("/drift/kallor"))
    role = GivenRole(PersonRole.ADMINISTRATOR, "1284")
    async with browser(app) as other:
        await sign_in(other, invite(database_url, "other@kommun.example", [role], owner="1284"))
        assert "En fungerar inte" not in words_of(await other.get("/drift"))
        assert "Inga uppgifter hämtas" in words_of(await other.get("/drift/kallor"))
        assert "Inget system prenumererar" in words_of(await other.get("/drift/prenumerationer"))
        assert "Inga filer har lästs in." in words_of(await other.get("/drift/inlasningar"))
        assert "Det finns inga nycklar som gäller." in words_of(await other.get("/drift/nycklar"))


@pytest.mark.parametrize("language", Language)
def test_every_failure_has_words(language: Language) -> None:
    words = Words(translator(language), language)
    codes = {*map(str, fetching.Failure), *map(str, outgoing.DeliveryFailure), "internalError"}
    assert {code for code in codes if words.failure(code) == words.t("failure.other")} == set()
    assert words.failure("ofAnotherVersion") == words.t("failure.other")
