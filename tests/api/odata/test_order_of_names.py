"""`trials E3`: names are sorted as Swedish has it, wherever the feed sorts by a name."""

from collections.abc import Callable
from itertools import pairwise
from operator import ge, gt, le, lt

import httpx
import pytest
from sqlalchemy import text

from shared.domain.wording import name_sort_key
from tests.api.odata.conftest import Rows
from tests.api.odata.star import put_star, writing

# In their order: blanks and hyphens before letters, å ä ö last, accents and capitals only where all else is the same.
NAMES = (
    "",
    "A",
    "Aa",
    "Aa by",
    "Aa-by",
    "Aaa",
    "Alby",
    "alby",
    "Idé",
    "Idéa",
    "Ideb",
    "Muller",
    "Müller",
    "Mölle",
    "Z",
    "zz",
    "Åby",
    "Ångermanland",
    "Ælvdal",
    "Älvdalen",
    "Ärla",
    "Öckerö",
    "Ørsta",
    "Östersund",
)

pytestmark = pytest.mark.one_app


@pytest.fixture(scope="module")
def database_url(fresh_database: Callable[[], str]) -> str:
    url = fresh_database()
    with writing(url) as connection:
        for number, name in enumerate(reversed(NAMES)):
            put = text("INSERT INTO area (code, kind, name, valid) VALUES (:code, 'vulnerable-area', :name, '(,)')")
            connection.execute(put, {"code": f"n{number}", "name": name})
    put_star(url, kinds=("county",), indicators=("graffiti-cleanups",))
    return url


def test_the_terminal_and_the_database_have_one_order(database_url: str) -> None:
    assert sorted(NAMES, key=name_sort_key) == list(NAMES)
    odd = "".join(map(chr, (*range(0x20, 0x250), 0x41, 0x30A, 0x1F600)))
    with writing(database_url) as connection:
        for name in (*NAMES, odd, *(f"x{letter}" for letter in odd)):
            stored = connection.execute(text("SELECT name_sort_key(:name)"), {"name": name}).scalar_one()
            assert stored == name_sort_key(name)


OPPOSITE = {"gt": "le", "ge": "lt", "lt": "ge", "le": "gt"}
ONLY_THESE = "kind eq 'vulnerable-area'"


@pytest.mark.parametrize("name", ["nameSv", "nameEn"])
@pytest.mark.parametrize("page_size", [None, 5])
async def test_areas_come_in_swedish_order(rows: Rows, name: str, page_size: int | None) -> None:
    found = await rows("Areas", page_size=page_size, filter=ONLY_THESE, orderby=name)
    assert [row[name] for row in found] == list(NAMES)
    found = await rows("Areas", page_size=page_size, filter=ONLY_THESE, orderby=f"{name} desc,code")
    assert [row[name] for row in found] == list(reversed(NAMES))


async def test_so_do_groups_and_what_is_reached_by_a_navigation(rows: Rows) -> None:
    grouped = await rows("Areas", apply=f"filter({ONLY_THESE})/groupby((nameSv))", orderby="nameSv", page_size=7)
    assert [row["nameSv"] for row in grouped] == list(NAMES)
    by_way = {"apply": "groupby((Area/nameSv))", "orderby": "Area/nameSv desc"}
    counties = [row["Area"]["nameSv"] for row in await rows("IndicatorValues", **by_way)]
    assert counties[:4] == ["Östergötlands län", "Örebro län", "Västra Götalands län", "Västmanlands län"]
    plain = [
        row["Area"]["nameSv"] for row in await rows("IndicatorValues", orderby="Area/nameSv desc,id", expand="Area")
    ]
    assert list(dict.fromkeys(plain)) == counties
    paths = await rows("AreaPaths", filter="ancestorKind eq 'county'", orderby="ancestorNameSv desc,id", top=1)
    assert paths[0]["ancestorNameSv"] == "Östergötlands län"


async def test_indicators_too(rows: Rows) -> None:
    names = [row["nameSv"] for row in await rows("Indicators", orderby="nameSv")]
    assert len(names) > 50
    first = [name.lower() for name in names]
    for before, after in pairwise(first):
        assert (before[0] in "åäö", before[0]) <= (after[0] in "åäö", after[0])


@pytest.mark.parametrize("name", ["nameSv", "nameEn"])
@pytest.mark.parametrize("among", ["Z", "Åby", "Ä", "alby", "Ö", "Østersund"])
async def test_names_are_compared_in_the_same_order(feed: httpx.AsyncClient, name: str, among: str) -> None:
    for operator, holds in (("gt", lt), ("ge", le), ("lt", gt), ("le", ge)):
        wanted = sum(holds(name_sort_key(among), name_sort_key(one)) for one in NAMES)
        for condition in (f"{name} {operator} '{among}'", f"not ({name} {OPPOSITE[operator]} '{among}')"):
            answer = await feed.get("Areas/$count", params={"$filter": f"{ONLY_THESE} and {condition}"})
            assert int(answer.text) == wanted, condition


@pytest.mark.parametrize("name", ["nameSv", "nameEn"])
async def test_so_are_the_first_and_the_last_name(rows: Rows, name: str) -> None:
    wanted = (
        f"filter({ONLY_THESE} and {name} ne '')/groupby((kind),aggregate({name} with min as A,{name} with max as B))"
    )
    assert await rows("Areas", apply=wanted) == [{"kind": "vulnerable-area", "A": "A", "B": "Östersund"}]
    assert len(await rows("Areas", apply=f"{wanted}/filter(B gt 'Ø' and A lt 'Å')", orderby="B")) == 1
