"""All that a key reads of figures of few, by every interface, as rows of a ledger."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Mapping
from io import StringIO
from typing import Any
from urllib.parse import quote

from services.api.http.routing import BASE
from tests.tenancy.few_world import (
    COUNTED,
    COUNTY,
    DISTRICTS,
    INHABITANTS,
    MONTHS,
    OTHERS,
    PERIODS,
    THRESHOLD,
    Family,
    FewWorld,
)
from tests.tenancy.interfaces import Interfaces
from tests.tenancy.ledger import Ledger

# Which figures are of few is told by no interface; the intruder's own are told by these.
GIVEN, OF_OWN = "given", ("observations", "lineage")
# A figure is rounded to so many places.
HALF = 5e-7
SENTENCE = re.compile(r"(January|February|March|April) 2016: (\d+)[,.]")


class Reading:
    """What a key reads of some indicators, noted in a ledger."""

    def __init__(self, world: FewWorld, reads: Interfaces) -> None:
        self._world, self._reads = world, reads
        self.ledger = Ledger([*world.truth])

    async def read(self) -> Ledger:
        for (code, *_), cells in self._world.figures().items():
            if code not in self._world.form.codes:
                self.ledger.learn(GIVEN, cells, 1, THRESHOLD - 1)
        for family in self._world.families:
            listed = await self._reads.listed("indicator-values", f"&indicator={family.code}")
            for one in listed:
                self._figure("list", family, one)
                self._compared(family, one)
            await self._tables(family)
            await self._feed(family, {one["areaCode"] for one in listed})
            await self._behind(family, listed)
            await self._charts(family, listed)
        for one in (await self._reads.followed()).values():
            for family in self._world.families:
                if family.code == one["indicatorCode"]:
                    self._figure("changes", family, one)
        for one in await self._reads.listed("observations"):
            self._observed("observations", one)
        return self.ledger

    def _figure(self, channel: str, family: Family, one: Mapping[str, Any]) -> None:
        """Note a figure's parts, which are empty texts or null where they are not shown."""
        if one["areaCode"] not in family.areas or one["period"] not in PERIODS:
            return
        counted, others = [
            self._world.cells(family, one["areaCode"], one["period"], side) for side in (COUNTED, OTHERS)
        ]
        if one["numerator"] not in (None, ""):
            self._equals(channel, counted, float(one["numerator"]))
        if one["denominator"] not in (None, ""):
            self._equals(channel, counted | others, float(one["denominator"]))
        if one["value"] not in (None, ""):
            self._value(channel, family, one["areaCode"], PERIODS[one["period"]], float(one["value"]))

    def _equals(self, channel: str, cells: Collection[Any], number: float) -> None:
        self.ledger.learn(channel, cells, number, number)

    def _value(self, channel: str, family: Family, area: str, months: Collection[str], value: float) -> None:
        """Note a number, or a share in per cent: of a hundred times those counted, and of all, nothing is left."""
        counted, others = self._spanned(family, area, months)
        if not self._world.form.is_share:
            self._equals(channel, counted, value)
            return
        weights = dict.fromkeys(counted, 100 - value) | dict.fromkeys(others, -value)
        slack = HALF * 10_000
        self.ledger.learn_weighted(channel, weights, -slack, slack)

    def _spanned(self, family: Family, area: str, months: Collection[str]) -> tuple[set[Any], set[Any]]:
        return (
            {cell for month in months for cell in self._world.cells(family, area, month)},
            {cell for month in months for cell in self._world.cells(family, area, month, OTHERS)},
        )

    def _compared(self, family: Family, one: Mapping[str, Any]) -> None:
        area, period, compared = one["areaCode"], one["period"], one["comparisons"]
        if area not in family.areas or period not in PERIODS:
            return
        months = PERIODS[period]
        if compared["previousPeriod"] and period in MONTHS[1:]:
            before = MONTHS[MONTHS.index(period) - 1]
            self._changed(family, area, (before, period), compared["previousPeriod"])
        if compared["yearToDate"]:
            so_far = MONTHS[: MONTHS.index(months[-1]) + 1]
            self._value("comparison", family, area, so_far, compared["yearToDate"]["value"])
        if compared["per100000"] is not None and (area == COUNTY or area in INHABITANTS):
            inhabitants = INHABITANTS.get(area, sum(INHABITANTS.values()))
            counted, _ = self._spanned(family, area, months)
            low, high = [(compared["per100000"] + by) * inhabitants / 100_000 for by in (-HALF, HALF)]
            self.ledger.learn("per 100 000", counted, low, high)

    def _changed(self, family: Family, area: str, of: tuple[str, str], change: Mapping[str, Any]) -> None:
        """Note what a month's figure was before, and how it changed: by a number, and in percent."""
        before, now = of
        self._value("comparison", family, area, [before], change["value"])
        if self._world.form.is_share:
            return
        (was, _), (is_now, _) = self._spanned(family, area, [before]), self._spanned(family, area, [now])
        if change["change"] is not None:
            weights = dict.fromkeys(is_now, 1.0) | dict.fromkeys(was, -1.0)
            self.ledger.learn_weighted("comparison", weights, change["change"], change["change"])
        if change["changePercent"] is not None:
            weights = dict.fromkeys(is_now, 100.0) | dict.fromkeys(was, -100 - change["changePercent"])
            slack = HALF * 10_000
            self.ledger.learn_weighted("percent", weights, -slack, slack)

    async def _tables(self, family: Family) -> None:
        query = f"indicator={family.code}"
        for channel, address, accept in (
            ("csv", f"{BASE}/indicator-values?{query}&limit=1000", "text/csv"),
            ("file", f"{BASE}/indicator-value-files?{query}&format=csv", "*/*"),
        ):
            answer = await self._reads.read(address, Accept=accept)
            for row in csv.DictReader(StringIO(answer.content.decode("utf-8-sig"))):
                self._figure(channel, family, row)

    async def _feed(self, family: Family, listed: Collection[str]) -> None:
        """Note the feed's figures and comparisons, and what it adds up over municipalities, districts and months."""
        of_family = quote(f"indicatorCode eq '{family.code}'")
        for row in await self._reads.fed(f"IndicatorValues?$filter={of_family}"):
            self._figure("feed", family, row)
            if row["previousValue"] is not None and row["period"] in MONTHS[1:] and row["areaCode"] in family.areas:
                before = MONTHS[MONTHS.index(row["period"]) - 1]
                change = {"value": row["previousValue"], "change": row["previousChange"]}
                self._changed(
                    family,
                    row["areaCode"],
                    (before, row["period"]),
                    change | {"changePercent": row["previousChangePercent"]},
                )
        alike = f"indicatorCode eq '{family.code}' and slice eq 'all' and periodType eq 'month'"
        for kind, areas in (("municipality", [*INHABITANTS]), ("district", [*DISTRICTS])):
            visible = [area for area in areas if area in family.areas and area in listed]
            for group in ("period", "areaCode"):
                total = "aggregate(numerator with sum as total)"
                apply = f"filter({alike} and areaKind eq '{kind}')/groupby(({group}),{total})"
                for row in await self._reads.fed(f"IndicatorValues?$apply={quote(apply)}"):
                    months = [row["period"]] if group == "period" else [*MONTHS]
                    within = visible if group == "period" else [row["areaCode"]]
                    if row["total"] is not None:
                        cells = {one for area in within for one in self._spanned(family, area, months)[0]}
                        self._equals("apply", cells, row["total"])

    async def _behind(self, family: Family, listed: Collection[Mapping[str, Any]]) -> None:
        for one in listed:
            if one["areaCode"] in family.areas:
                answer = await self._reads.read(f"{BASE}/indicator-values/{one['id']}/observations?limit=1000")
                for part in answer.json()["observations"]:
                    self._observed("lineage", part)

    def _observed(self, channel: str, one: Mapping[str, Any]) -> None:
        counted = (one["area"], one["period"], one["code"] or "", COUNTED)
        if counted in self._world.truth and one["numerator"] is not None:
            self._equals(channel, [counted], one["numerator"])
            if one["denominator"] is not None:
                others = one["denominator"] - one["numerator"]
                self._equals(channel, [(*counted[:3], OTHERS)], others)

    async def _charts(self, family: Family, listed: Collection[Mapping[str, Any]]) -> None:
        if self._world.form.is_share:
            return
        for area in {one["areaCode"] for one in listed} & family.areas.keys():
            query = f"indicator={family.code}&area={area}&format=svg&language=en"
            chart = (await self._reads.read(f"{BASE}/indicator-value-charts?{query}")).text
            for month, number in SENTENCE.findall(chart):
                period = MONTHS[("January", "February", "March", "April").index(month)]
                self._equals("chart", self._world.cells(family, area, period), int(number))
