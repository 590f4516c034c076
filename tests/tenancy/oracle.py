"""What a caller may see, worked out in Python from which area lies in which, apart from the service's own SQL."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from psycopg.types.range import Range
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

_PUBLIC = {"country", "county", "municipality", "police-region", "police-district"}
_AREAS = text("SELECT area_id, code, kind, valid, municipality_id FROM area")
_EDGES = text(
    """SELECT child.code AS child, parent.code AS parent, edge.valid FROM area_edge AS edge
       JOIN area AS child ON child.area_id = child_id JOIN area AS parent ON parent.area_id = parent_id"""
)


@dataclass(slots=True)
class Oracle:
    """All areas, and what lies in which."""

    today: date
    areas: dict[str, Any] = field(default_factory=dict)
    parents: dict[str, list[tuple[str, Range[date]]]] = field(default_factory=dict)

    async def read(self, engine: AsyncEngine) -> Oracle:
        async with engine.connect() as connection:
            self.areas = {row.code: row for row in await connection.execute(_AREAS)}
            for child, parent, valid in await connection.execute(_EDGES):
                self.parents.setdefault(child, []).append((parent, valid))
        return self

    def inside(self, granted: Collection[str]) -> set[str]:
        """Return what lies in some areas today; what has ended or is to come, as of its last or first day."""
        return {code for code in self.areas if not self._above(code).isdisjoint(granted)}

    def figures(self, granted: Collection[str]) -> set[str]:
        """Return whose figures may be seen."""
        public = {
            code
            for code, row in self.areas.items()
            if row.kind in _PUBLIC or (row.kind == "local-police-area" and row.municipality_id is None)
        }
        return self.inside(granted) | public

    def _above(self, code: str) -> set[str]:
        """Return an area and all that it lies in."""
        valid: Range[date] = self.areas[code].valid
        day = max(self.today, valid.lower or date.min)
        day = min(day, valid.upper - timedelta(days=1)) if valid.upper else day
        found: set[str] = set()
        waiting = [code]
        while waiting:
            one = waiting.pop()
            if one not in found and day in self.areas[one].valid:
                found.add(one)
                waiting += [parent for parent, span in self.parents.get(one, ()) if day in span]
        return found


def of(rows: Collection[dict[str, Any]], areas: Collection[str], name: str = "area") -> list[dict[str, Any]]:
    """Return those rows whose area is one of some."""
    return [row for row in rows if row[name] in areas]
