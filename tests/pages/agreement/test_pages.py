"""The agreement's pages: who is led to them, what an address chooses, what values open into, and who comments."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event

from services.api.http.routing import BASE
from shared.domain.period import today
from shared.domain.person import PersonRole
from tests.pages.people import send, words_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    import httpx
    from fastapi import FastAPI

    Visiting = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]

START, WALKS = "/overenskommelsen", "/overenskommelsen/indikatorer/safety-walks~all"
READER, REPORTER, OWNER, COORDINATOR = (
    PersonRole.READER,
    PersonRole.REPORTER,
    PersonRole.ANNEX_OWNER,
    PersonRole.COORDINATOR,
)

pytestmark = pytest.mark.one_app


def addresses(page: str, start: str) -> list[str]:
    """Return the addresses of a page's links that begin so."""
    return [unescape(found) for found in re.findall(rf'href="({start}[^"]*)"', page)]


@pytest.mark.parametrize(
    ("role", "start"), [(READER, START), (OWNER, START), (COORDINATOR, START), (REPORTER, "/rapportera")]
)
async def test_each_begins_with_what_they_come_for(visiting: Visiting, role: PersonRole, start: str) -> None:
    async with visiting(role) as client:
        assert (await client.get("/")).headers["location"] == start
        navigation = (await client.get("/mina-uppgifter")).text.partition("<nav")[2].partition("</nav>")[0]
        pages = addresses(navigation, "/")
        assert START in pages
        assert (pages[0] == START) == (role is not REPORTER)


async def test_the_year_that_has_values_is_shown_first(visiting: Visiting) -> None:
    async with visiting(READER) as client:
        first = words_of(await client.get(START))
        other = words_of(await client.get(START, params={"ar": "2019"}))
        english = await client.get(START, params={"sprak": "en", "omrade": "12", "ar": "2015"})
    assert first.startswith("Överenskommelsen i Landskrona 2016")
    # Of two targets, each judgement says which it is of.
    assert "högst 100: nått" in first
    assert "färre än året före: nått" in first
    assert "minst 70 %: " not in first.replace("\N{NO-BREAK SPACE}", " ")
    assert "Det finns inga värden för 2019 ännu. Senaste året med värden är 2016. Visa 2016" in other
    assert '<html lang="en">' in english.text
    assert words_of(english).startswith("The agreement in Skåne County 2015")
    # The language stays in the links, so that what they lead to can be shared too.
    assert {"sprak=en"} == {one.rpartition("&")[2] for one in addresses(english.text, f"{START}/indikatorer")}


async def test_a_year_that_has_hardly_begun_gives_way_to_the_one_before(visiting: Visiting, app: FastAPI) -> None:
    async with visiting(READER) as client:
        page = await client.get(START)
    # Of the present year there is nothing at all.
    said = f"För {today().year} finns det få eller inga värden ännu. Därför visas 2016. Visa {today().year}"
    assert said in words_of(page)
    assert f"{START}?omrade=1282&ar={today().year}" in addresses(page.text, START)


async def test_no_row_costs_a_query_of_its_own(visiting: Visiting, app: FastAPI) -> None:
    statements: list[str] = []

    def note(*called: Any) -> None:
        statements.append(called[2])

    async with visiting(COORDINATOR) as client:
        reading = app.state.resources.reading.sync_engine
        event.listen(reading, "before_cursor_execute", note)
        page = await client.get(START)
        event.remove(reading, "before_cursor_execute", note)
    assert page.text.count("<tr>") > 60
    assert len(statements) <= 16, statements


async def test_others_areas_are_not_there(visiting: Visiting) -> None:
    async with visiting(READER) as client:
        page = (await client.get(START)).text
        choices = re.findall(r'<option value="([^"]+)"', page)
        for area in ("1284", "1282-karlslund", "nowhere"):
            for address in (START, WALKS):
                assert (await client.get(address, params={"omrade": area})).status_code == 404
        assert (await client.get(f"{START}/varden/safety-walks~all~1282-karlslund~2016")).status_code == 404
    assert choices[0] == "1282"
    assert "12" in choices
    assert not any(one.startswith(("1284", "1282-karlslund")) for one in choices), choices


async def test_a_value_opens_down_to_its_activities(visiting: Visiting) -> None:
    """All 98 cases of a share: those that count, and those that do not, each with why."""
    async with visiting(COORDINATOR) as client:
        overview = (await client.get(START)).text
        [address] = {*addresses(overview, f"{START}/varden/graffiti-started-in-time~all~1282~2016[?]")}
        page = await client.get(address)
        reports = addresses(page.text, "/mina-rapporter/")
        assert (await client.get(reports[0])).status_code == 200
        pages = [page.text]
        while further := addresses(pages[-1], r"[^\"]*sida=" + str(len(pages) + 1)):
            pages.append((await client.get(further[0])).text)
    words = words_of(page)
    assert "Landskrona: 87,8 % 86 av 98 +2" in words
    rows = re.findall(r"<tr>(.*?)</tr>", "".join(pages), re.DOTALL)
    assert sum("1 av 1" in row for row in rows) == 86
    assert sum("0 av 1" in row for row in rows) == 12
    assert sum("Räknas inte med: " in row for row in rows) >= 2


async def test_a_page_past_the_last_one_says_so(visiting: Visiting) -> None:
    value = "/overenskommelsen/varden/school-visits~all~1282~2016"
    async with visiting(COORDINATOR) as client:
        first = await client.get(value)
        assert addresses(first.text, value) == [f"{value}?omrade=1282&ar=2016&sida=2"]
        assert "Listan har inte så många sidor." in words_of(await client.get(f"{value}?sida=99"))


async def test_a_reader_opens_values_but_no_reports(visiting: Visiting) -> None:
    async with visiting(READER) as client:
        page = (await client.get(f"{START}/varden/graffiti-cleanups~all~1282~2016-t1")).text
        above = words_of(await client.get(f"{START}/varden/graffiti-cleanups~all~12~2016-t1"))
        observed = words_of(await client.get(f"{START}/varden/reported-assaults-outdoors~all~1282~2016-t1"))
    assert "Norra torget" in page
    assert addresses(page, "/mina-rapporter/") == []
    assert "Underlaget visas bara för dina egna områden." in above
    assert "Mätvärdena bakom visas bara för den som rapporterar." in observed


async def test_a_suppressed_value_has_no_number_anywhere(visiting: Visiting) -> None:
    async with visiting(READER) as client:
        overview = (await client.get(START)).text
        hidden = [unescape(one) for one in re.findall(rf'<a href="({START}/varden/[^"]+)">dolt', overview)]
        assert hidden
        for address in hidden:
            series = address.split("~")[0].rpartition("/")[2] + "~" + address.split("~")[1]
            value, indicator = await client.get(address), await client.get(f"{START}/indikatorer/{series}")
            assert "dolt" in words_of(value)
            assert "Räknas som" not in value.text
            assert "dolt" in words_of(indicator)


async def test_an_indicator_shows_its_chart_beside_the_same_values(visiting: Visiting) -> None:
    async with visiting(READER) as client:
        page = await client.get(f"{START}/indikatorer/graffiti-started-in-time~all", params={"ar": "2016"})
        [picture] = re.findall(r'<img class="chart" src="([^"]+)"', page.text)
        drawn = await client.get(unescape(picture))
    words = words_of(page)
    assert "tertial 1 2016 90,6 % 29 av 32" in words
    assert "Polisregion Syd 1 av 58 kommuner rapporterar 87,8 %" in words
    assert drawn.headers["content-type"] == "image/svg+xml"
    assert "sandbox" in drawn.headers["content-security-policy"]
    assert "tertial 1 2016: 90,6\N{NO-BREAK SPACE}% (29 av 32), normalt " in drawn.text


async def test_what_annexes_say_besides_values(visiting: Visiting) -> None:
    async with visiting(READER) as client:
        words = words_of(await client.get(START))
    assert "Lindparkens gångvägar får ny belysning före höstmörkret. medborgarlöfte Uppfyllt den 19" in words
    assert "Återtaget den 14\N{NO-BREAK SPACE}oktober 2016".replace("\N{NO-BREAK SPACE}", " ") in words
    assert "tertial 2 2016. Resultat: två konflikter mellan klasser" in words


async def test_who_answers_for_an_annex_comments_on_it(visiting: Visiting) -> None:
    other = "/overenskommelsen/indikatorer/graffiti-cleanups~all"
    text = "Boende från två områden gick med."
    said: dict[str, str | list[str]] = {"period": "2016-T1", "text": text}
    async with visiting(OWNER, annex=3) as client:
        assert 'id="skriv"' in (await client.get(WALKS)).text
        assert 'id="skriv"' not in (await client.get(other)).text
        assert (await send(client, other, said)).status_code == 403
        wrong = await send(client, WALKS, {"period": "2016-T1", "text": "Anna, 19121212-1212, kom."})
        assert wrong.status_code == 422
        assert "Anna, 19121212-1212, kom." in wrong.text
        assert (await send(client, WALKS, {"period": "2019", "text": ""})).status_code == 422
        assert (await send(client, f"{WALKS}-of-none", said)).status_code == 404
        stored = await send(client, WALKS, said)
        assert stored.headers["location"] == f"{WALKS}?omrade=1282&ar=2016#kommentarer"
        page = await client.get(WALKS)
        assert f"Tertial 1 2016. {said['text']}" in words_of(page)
        [address] = addresses(page.text, "/overenskommelsen/kommentarer/")
        assert text in (await client.get(address)).text
        changed = await send(client, address, {"text": "Tre områden.", "revision": "1"})
        assert changed.status_code == 303
        late = await send(client, address, {"text": "Fyra områden.", "revision": "1"})
        assert late.status_code == 409
        assert "Fyra områden." in late.text
        assert "Tre områden." in late.text
    async with visiting(REPORTER) as reporter:
        assert (await send(reporter, WALKS, said)).status_code == 403
        assert (await reporter.get(address)).status_code == 403
    async with visiting(READER) as reader:
        assert "Tertial 1 2016. Tre områden." in words_of(await reader.get(WALKS))
        assert (await reader.get(address)).status_code == 403
    async with visiting(COORDINATOR) as coordinator:
        removal = address.replace("?", "/ta-bort?")
        assert "Tre områden." in words_of(await coordinator.get(removal))
        assert (await send(coordinator, removal, {"revision": "1"})).status_code == 409
        assert (await send(coordinator, removal, {"revision": "2"})).status_code == 303
        assert (await coordinator.get(address)).status_code == 404


async def test_the_language_is_switched_where_one_is(visiting: Visiting) -> None:
    async with visiting(READER) as client:
        page = (await client.get(f"{START}?omrade=12&ar=2015&sprak=sv")).text
        [here] = {unescape(one) for one in re.findall(r'name="till" value="([^"]+)"', page)}
        switched = await send(client, "/sprak", {"language": "en", "till": here})
        assert switched.headers["location"] == f"{START}?omrade=12&ar=2015"
        assert words_of(await client.get(switched.headers["location"])).startswith("The agreement in Skåne County 2015")
        elsewhere = await send(client, "/sprak", {"language": "sv", "till": "//example.com?x=1"})
        assert elsewhere.headers["location"] == "/"


async def test_a_comment_on_an_indicator_without_values_that_year_can_be_removed(
    visiting: Visiting, reporter: httpx.AsyncClient
) -> None:
    note = {
        "indicator": "safety-walks",
        "area": "1282",
        "period": "2014-T1",
        "notedOn": "2016-05-10",
        "text": "Se 2015.",
    }
    written = await reporter.post(f"{BASE}/notes", json=note)
    address = f"/overenskommelsen/kommentarer/{written.json()['id']}"
    async with visiting(COORDINATOR) as client:
        assert "Se 2015." in (await client.get(address)).text
        removed = await send(client, f"{address}/ta-bort", {"revision": "1"})
        assert removed.headers["location"] == f"{START}?omrade=1282&ar=2014"


async def test_schools_are_beside_each_other_by_their_names(visiting: Visiting) -> None:
    page = "/overenskommelsen/indikatorer/school-visits-as-needed~all"
    asked = {"omrade": "1282", "ar": "2016"}
    async with visiting(COORDINATOR) as client:
        whole = unescape((await client.get(page, params=asked)).text)
        table = whole.partition("Områdena i bokstavsordning")[2].partition("</table>")[0]
        names = re.findall(r'<th scope="row">([^<]+)', table)
        assert len(names) == 7
        assert names == sorted(names)
        assert "Alla 7 områden tillsammans:" in whole
        [address] = re.findall(r'src="([^"]*/skillnader/[^"]*)"', whole)
        picture = await client.get(address)
        assert picture.headers["content-type"].startswith("image/svg+xml")
        assert all(name in picture.text or "skiljer sig tydligt" in picture.text for name in names)
        assert (await client.get(f"{page}/skillnader/park", params=asked)).status_code == 404
        counts = (await client.get(WALKS, params=asked)).text
        assert "/skillnader/" not in counts
