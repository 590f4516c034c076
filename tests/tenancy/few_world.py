"""A county of few persons: five municipalities, two districts and a police area, with figures drawn at random."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import product
from random import Random
from typing import Any

import httpx
from psycopg.types.range import DateRange
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.http.routing import BASE
from shared.domain.observation import POPULATION, Observation
from shared.domain.period import Period
from shared.facts.areas import Area, Parent, put_areas
from shared.facts.observations import ObservationFact, record_observations
from tests.tenancy.ledger import Cell, Cells

THRESHOLD = 5
COUNTY, POLICE, OUTSIDE = "10", "lpa-west", "14"
OF_DISTRICTS, DISTRICTS = "1082", ("1082-a", "1082-b")
SMALLEST = ("1060", "1080", "1081", "1083", *DISTRICTS)
AREAS: Mapping[str, tuple[str, ...]] = {
    **{code: (code,) for code in SMALLEST},
    OF_DISTRICTS: DISTRICTS,
    POLICE: ("1080", "1081"),
    COUNTY: SMALLEST,
}
MONTHS = ("2016-01", "2016-02", "2016-03", "2016-04")
PERIODS: Mapping[str, tuple[str, ...]] = {**{month: (month,) for month in MONTHS}, "2016-T1": MONTHS}
# Known to everybody.
INHABITANTS = {"1060": 13_000, "1080": 66_000, "1081": 29_000, "1082": 32_000, "1083": 17_000}
COUNTED, OTHERS = "counted", "others"
# None, few, and more than few.
NUMBERS = (0, 1, 3, 4, 5, 6, 8, 9, 12, 15, 20, 30, 40)
WORDS = {"sv": "x", "en": "x"}
LPA = Area(
    POLICE,
    "local-police-area",
    None,
    "x",
    None,
    DateRange(None, None),
    (Parent("police-region-syd", DateRange(None, None)),),
)


@dataclass(frozen=True)
class Form:
    """What is observed: by codes or without, a number or a share; and who has said so, if it does not ship."""

    measure: str
    codes: tuple[str, ...] = ("",)
    is_share: bool = False

    @property
    def sides(self) -> tuple[str, ...]:
        return (COUNTED, OTHERS) if self.is_share else (COUNTED,)


SHIPPED = Form("care-referrals")
CODED = Form("persons", ("0001", "0002"))
SHARE = Form("talks", is_share=True)
FORMS = (SHIPPED, CODED, SHARE)


@dataclass(frozen=True)
class Family:
    """An indicator: which codes it counts, and of each area with figures, the smallest that these are summed from."""

    code: str
    codes: tuple[str, ...]
    areas: Mapping[str, tuple[str, ...]]


def _inside(*owners: str) -> dict[str, tuple[str, ...]]:
    within = {one for owner in owners for one in AREAS[owner]}
    return {code: parts for code, parts in AREAS.items() if within.issuperset(parts)}


@dataclass
class FewWorld:
    """Figures, and the indicators that are made of them."""

    form: Form
    truth: dict[Cell, int]
    families: list[Family] = field(default_factory=list)

    @classmethod
    def drawn(cls, random: Random) -> FewWorld:
        """Return a world with figures of one form."""
        form = random.choice(FORMS)
        cells = product(SMALLEST, MONTHS, form.codes, form.sides)
        return cls(form, {cell: random.choice(NUMBERS) for cell in cells})

    def cells(self, family: Family, area: str, period: str, side: str = COUNTED) -> Cells:
        """Return what a figure is the sum of."""
        return frozenset(product(family.areas[area], PERIODS[period], family.codes, (side,)))

    def figures(self) -> dict[tuple[str, str, str, str], Cells]:
        """Return every figure of few: those of each indicator, and of each code, which are shown nowhere."""
        parts = [Family(code, (code,), AREAS) for code in self.form.codes]
        every = {
            (family.code, area, period, side): self.cells(family, area, period, side)
            for family in (*self.families, *parts)
            for area, period, side in product(family.areas, PERIODS, self.form.sides)
        }
        return {key: cells for key, cells in every.items() if 0 < sum(map(self.truth.__getitem__, cells)) < THRESHOLD}

    async def happen(
        self, engine: AsyncEngine, client: httpx.AsyncClient, key: Callable[..., str], random: Random
    ) -> None:
        """Let all be defined by whose it is, and be observed."""
        await self._define(client, key, random)
        facts = [*self._observations(), *_population()]
        async with engine.begin() as connection:
            rows = await connection.execute(text("SELECT code, area_id FROM area"))
            ids = {row.code: row.area_id for row in rows}
            await record_observations(connection, [ObservationFact(one, ids[one.area]) for one in facts])

    async def _define(self, client: httpx.AsyncClient, key: Callable[..., str], random: Random) -> None:
        if self.form is SHIPPED:
            self.families.append(Family("care-referrals", ("",), AREAS))
        else:
            await self._put(client, key(COUNTY), "of-county", self.form.codes, [COUNTY], suppressBelow=THRESHOLD)
        # Whoever may, says nothing of a threshold; or of fewer codes.
        for code, owners in (("of-one", ["1080"]), ("of-two", ["1080", "1081"]), ("of-police", [POLICE])):
            if random.random() < 0.6:
                codes = tuple(sorted(random.sample(self.form.codes, random.randint(1, len(self.form.codes)))))
                await self._put(client, key(*owners), code, codes, owners)

    async def _put(
        self, client: httpx.AsyncClient, key: str, code: str, codes: Sequence[str], owners: list[str], **more: Any
    ) -> None:
        listed = {"codes": {"source": "x", "entries": [{"code": one} for one in codes]}} if codes[0] else {}
        body = {
            **dict.fromkeys(("name", "definition", "numerator"), WORDS),
            **({"unit": "percent", "denominator": WORDS} if self.form.is_share else {"unit": "count"}),
            **({"area": owners[0]} if len(owners) == 1 else {"areas": owners}),
            "direction": "none",
            "kind": "observed",
            "observes": {"measure": self.form.measure, **listed},
            **more,
        }
        answer = await client.put(f"{BASE}/indicators/{code}", json=body, headers={"Authorization": f"Bearer {key}"})
        assert answer.status_code == 201, answer.text
        areas = _inside(*owners)
        if len(owners) > 1:
            # Of several there is the sum of these alone, wherever all of them lie.
            areas = {**_inside(owners[0]), **_inside(owners[1]), **dict.fromkeys((POLICE, COUNTY), AREAS[POLICE])}
        self.families.append(Family(code, tuple(codes), areas))

    def _observations(self) -> Iterator[Observation]:
        for area, month, code in product(SMALLEST, MONTHS, self.form.codes):
            counted = self.truth[area, month, code, COUNTED]
            whole = counted + self.truth[area, month, code, OTHERS] if self.form.is_share else None
            yield _observation(self.form.measure, code, area, month, counted, whole)


def _population() -> Iterator[Observation]:
    for area, number in {**INHABITANTS, COUNTY: sum(INHABITANTS.values())}.items():
        yield _observation(POPULATION, "", area, "2015", number, None)


def _observation(measure: str, code: str, area: str, period: str, number: int, whole: int | None) -> Observation:
    return Observation(
        source="x",
        measure=measure,
        code=code,
        area=area,
        period=Period.parse(period),
        numerator=Decimal(number),
        denominator=None if whole is None else Decimal(whole),
        status="observed",
        finality="final",
    )


async def put_few_areas(engine: AsyncEngine) -> None:
    """Put what of these areas does not ship."""
    always = DateRange(None, None)
    west = [
        Area(code, "municipality", None, code, None, always, (Parent(COUNTY, always), Parent(POLICE, always)))
        for code in AREAS[POLICE]
    ]
    districts = [
        Area(code, "district", None, code, None, always, (Parent(OF_DISTRICTS, always),)) for code in DISTRICTS
    ]
    async with engine.begin() as connection:
        await put_areas(connection, [LPA, *west, *districts])
