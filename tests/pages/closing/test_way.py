"""A tertial is closed by its people on their pages, from the first annex to what comes afterwards, and reopened."""

from __future__ import annotations

import re
from contextlib import AsyncExitStack
from html import unescape
from typing import TYPE_CHECKING

import pytest

from services.api.http.routing import BASE
from shared.domain.person import PersonRole
from tests.landskrona.loading import settle
from tests.pages.people import send, words_of
from tests.tenancy.page_rules import WALK

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    import httpx
    from sqlalchemy.ext.asyncio import AsyncEngine

    Visiting = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]

pytestmark = [pytest.mark.long]
LIST = "/overenskommelsen/stangning"
T1 = f"{LIST}/landskrona-2015-2016/2016-t1"
T2 = f"{LIST}/landskrona-2015-2016/2016-t2"
REPORT = "/rapportera/safety-walk"
INDICATOR = "/overenskommelsen/indikatorer/safety-walks~all?ar=2016"
ANNEXES = range(1, 11)


async def sent(client: httpx.AsyncClient, address: str, **fields: str) -> None:
    """Send a form that is taken."""
    answer = await send(client, address, {**fields})
    assert answer.status_code == 303, words_of(answer)
    assert answer.headers["location"].partition("#")[0] == address.partition("/bilagor")[0]


async def comment(client: httpx.AsyncClient, said: str) -> None:
    """Write a comment on the tertial's safety walks."""
    assert (await send(client, INDICATOR, {"period": "2016-T1", "text": said})).status_code == 303


async def refused(client: httpx.AsyncClient, address: str, status: int, field: str, **fields: str) -> str:
    """Send a form that is not taken, and return what its field says."""
    answer = await send(client, address, {**fields})
    assert answer.status_code == status, words_of(answer)
    assert f'<a href="#{field}">' in answer.text
    assert f'id="{field}-fault"' in answer.text
    assert f'id="{field}"' in answer.text
    return words_of(answer)


async def test_a_tertial_is_closed_and_reopened(
    visiting: Visiting, engine: AsyncEngine, client: httpx.AsyncClient
) -> None:
    async with AsyncExitStack() as stack:
        owner, first, second, reader, reporter, administrator = [
            await stack.enter_async_context(visiting(role))
            for role in (
                PersonRole.ANNEX_OWNER,
                PersonRole.COORDINATOR,
                PersonRole.COORDINATOR,
                PersonRole.READER,
                PersonRole.REPORTER,
                PersonRole.ADMINISTRATOR,
            )
        ]
        assert f'href="{LIST}?omrade=1282"' in (await reader.get("/overenskommelsen?ar=2016")).text
        assert f'href="{T1}"' in (await reader.get(LIST)).text
        assert "Inget återstår" not in words_of(await owner.get(T1))
        await mark_own(owner, first, reader)
        for number in ANNEXES:
            await sent(first, f"{T1}/bilagor/{number}", ready="yes")
        for other in (owner, reader, reporter):
            assert 'name="step"' not in (await other.get(T1)).text
            assert (await send(other, T1, {"step": "prepare"})).status_code == 403
        await comment(first, "Fler boende kom.")
        await sent(first, T1, step="prepare")
        assert "Stängningen är förberedd." in words_of(await refused_prepare(first))
        await sent(first, T1, step="submit")
        assert "Perioden är inlämnad" in await refused(owner, f"{T1}/bilagor/3", 409, "annexes", ready="no")
        assert "Be någon annan" in await refused(first, T1, 409, "step", step="approve")
        walk = {**WALK, "external-id": "walk-before-closing"}
        assert (await send(reporter, REPORT, {**walk})).status_code == 303
        assert "räknas fortfarande om" in await refused(second, T1, 409, "step", step="approve")
        await settle(engine)
        await sent(second, T1, step="approve")
        assert "Inget har kommit" in words_of(await reader.get(T1))
        await reported_late(reporter, engine)
        await comment(first, "En vandring kom in sent.")
        page = words_of(await reader.get(INDICATOR))
        assert page.count("efter att perioden stängdes") == 1
        assert page.index("En vandring kom in sent.") < page.index("efter att perioden stängdes")
        await comments_of_the_revision(first, reader, client)
        page = words_of(await reader.get(T1))
        assert "Perioden är stängd. Värdena är slutliga i version 1." in page
        assert re.search(r"\d+ värden, eller underlaget till dem, skulle vara andra\.", page)
        assert "2 kommentarer har skrivits eller ändrats efter stängningen." in page
        assert "Trygghetsvandringar Landskrona, tertial 1 2016 Låst värde:" in page
        await removed_from_the_revision(first, administrator)
        await reopened(first, second)


async def reported_late(reporter: httpx.AsyncClient, engine: AsyncEngine) -> None:
    """Report a walk of the closed tertial, which its values do not count."""
    receipt = (await send(reporter, REPORT, {**WALK, "external-id": "walk-after-closing"})).headers["location"]
    await settle(engine)
    page = words_of(await reporter.get(receipt))
    assert "ändrar inte värdena, utan visas bredvid dem" in page
    assert "räknas i de här värdena" not in page


async def comments_of_the_revision(
    first: httpx.AsyncClient, reader: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    """Change a comment of the closed tertial: it stays in the revision, on pages and in the report."""
    about = {"indicator": "safety-walks", "period": "2016-T1"}
    notes = (await client.get(f"{BASE}/notes", params=about)).json()["notes"]
    late = {one["text"]: one["isAfterClosing"] for one in notes}
    assert (late["Fler boende kom."], late["En vandring kom in sent."]) == (False, True)
    addresses = map(
        unescape, re.findall(r'href="(/overenskommelsen/kommentarer/[^"]*)"', (await first.get(INDICATOR)).text)
    )
    [address] = [one for one in addresses if "Fler boende kom." in (await first.get(one)).text]
    assert (await send(first, address, {"text": "Färre boende kom.", "revision": "1"})).status_code == 303
    page = words_of(await reader.get(INDICATOR))
    for said in ("Fler boende kom.", "Färre boende kom.", "Så löd kommentaren när perioden stängdes."):
        assert page.count(said) == 1, said
    assert page.count("Skriven eller ändrad efter att perioden stängdes.") == 2
    page = words_of(await reader.get(f"{T1}/kommentarer/1"))
    order = [page.index(one) for one in ("Fler boende kom.", "Efter stängningen", "Färre boende kom.")]
    assert order == sorted(order)
    assert "En vandring kom in sent." in page
    assert (await reader.get(f"{T1}/kommentarer/2")).status_code == 404
    assert f'href="{T1}/kommentarer/1"' in (await reader.get(T1)).text
    report = words_of(await reader.get("/overenskommelsen/rapport/2016-t1.html?omrade=1282"))
    assert "(som kommentaren löd när perioden stängdes; ändrad eller borttagen sedan dess). Fler boende kom." in report
    assert "(skriven eller ändrad efter att perioden stängdes). Färre boende kom." in report
    await report_of_the_revision(reader)


async def report_of_the_revision(reader: httpx.AsyncClient) -> None:
    """Find the report as the tertial was closed where reports are, and where its closing is."""
    listed = (await reader.get("/overenskommelsen/rapport?omrade=1282&ar=2016")).text
    [address] = {unescape(one) for one in re.findall(r'href="([^"]*2016-t1\.html[^"]*version=1[^"]*)"', listed)}
    report = words_of(await reader.get(address))
    assert "Fler boende kom." in report
    assert "Färre boende kom." not in report
    [address] = re.findall(r'href="([^"]*2016-t1\.pdf[^"]*version=1[^"]*)"', (await reader.get(T1)).text)
    assert (await reader.get(unescape(address))).content.startswith(b"%PDF")
    assert (await reader.get(unescape(address).replace("version=1", "version=2"))).status_code == 404


async def removed_from_the_revision(first: httpx.AsyncClient, administrator: httpx.AsyncClient) -> None:
    """Have who administers the area remove a comment wherever it is kept."""
    comments = f"{T1}/kommentarer/1"
    assert "ta-bort" not in (await first.get(comments)).text
    addresses = re.findall(r'href="([^"]*/ta-bort)"', (await administrator.get(comments)).text)
    texts = {one: words_of(await administrator.get(one)) for one in addresses}
    address = next(one for one, words in texts.items() if "Fler boende kom." in words or "Färre boende kom." in words)
    assert (await first.get(address)).status_code == 403
    assert (await administrator.get(f"{comments}/x/ta-bort")).status_code == 404
    for wrong in ("", "Fråga 19850709-9805.", "x" * 501):
        await refused(administrator, address, 422, "reason", reason=wrong)
    assert (await send(administrator, address, {"reason": "Nämnde en elev."})).status_code == 303
    page = words_of(await first.get(comments))
    assert "Fler boende kom." not in page
    assert "Färre boende kom." not in page
    assert "Kommentaren togs bort den" in page
    assert "Anledning: Nämnde en elev." in page
    assert address not in (await administrator.get(comments)).text


async def reopened(first: httpx.AsyncClient, second: httpx.AsyncClient) -> None:
    """Have the tertial reopened for a reason that can be kept."""
    assert "Ange varför" in await refused(first, T1, 422, "reason", step="reopen")
    assert "personnummer" in await refused(
        first, T1, 422, "reason", step="reopen", reason="Fråga 19850709-9805 om det."
    )
    assert "högst 1000" in await refused(first, T1, 422, "reason", step="reopen", reason="x" * 1001)
    await sent(first, T1, step="reopen", reason="En vandring glömdes.")
    page = words_of(await second.get(T1))
    assert "Perioden är öppen." in page
    assert "Någon annan öppnade perioden igen." in page
    assert "En vandring glömdes." in page
    assert "10 bilagor är inte klarmarkerade." in page


async def mark_own(owner: httpx.AsyncClient, first: httpx.AsyncClient, reader: httpx.AsyncClient) -> None:
    """Have who owns an annex mark it ready, which others see, and take that back."""
    assert (await owner.get(T1)).text.count(f'action="{T1}/bilagor/') == 1
    assert (await send(owner, f"{T1}/bilagor/4", {"ready": "yes"})).status_code == 403
    await sent(owner, f"{T1}/bilagor/3", ready="yes")
    assert "Klarmarkerad. Du klarmarkerade bilagan den" in words_of(await owner.get(T1))
    assert "9 bilagor är inte klarmarkerade." in words_of(await first.get(T1))
    assert "1 av 10 bilagor är klarmarkerade" in words_of(await reader.get(LIST))
    await sent(owner, f"{T1}/bilagor/3", ready="no")


async def refused_prepare(client: httpx.AsyncClient) -> httpx.Response:
    """Prepare a second time."""
    answer = await send(client, T1, {"step": "prepare"})
    assert answer.status_code == 409
    return answer


async def test_what_stands_in_the_way_is_said_in_the_language_of_who_asks(visiting: Visiting) -> None:
    async with visiting(PersonRole.COORDINATOR) as client:
        await send(client, "/sprak", {"language": "en", "till": "/"})
        await sent(client, T2, step="prepare")
        page = await refused(client, T2, 409, "annex-4", step="submit")
        assert "Annex 4 is not marked ready. Mark it ready, or have its owner do so." in page
        assert "Choose what to do" in await refused(client, T2, 422, "step", step="burn")
        page = words_of(await client.get(T2))
        assert "Cancel the closing" in page
        assert "Why is the closing cancelled?" in page
        await sent(client, T2, step="reopen", reason="It was begun too early.")
        page = words_of(await client.get(T2))
        assert "You cancelled the closing." in page
        assert "eopen" not in page, "it was never closed"


async def test_others_periods_and_agreements_are_not_there(visiting: Visiting) -> None:
    async with visiting(PersonRole.COORDINATOR, "1284") as other, visiting(PersonRole.COORDINATOR) as own:
        assert (await other.get(T1)).status_code == 404
        for address in (f"{LIST}/nowhere/2016-t1", f"{LIST}/landskrona-2015-2016/2016-03", f"{T1}x"):
            assert (await own.get(address)).status_code == 404
        assert (await send(own, f"{T2}/bilagor/99", {"ready": "yes"})).status_code == 404
