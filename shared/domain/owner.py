"""Whose own a definition is: one area's, or several municipalities' together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection


@dataclass(frozen=True, slots=True)
class Owner:
    """The areas whose own a definition is, by code; it is in force in all that lies in them."""

    areas: tuple[str, ...]
    # Of each of them, itself and the areas around it.
    around: tuple[frozenset[str], ...]
    # The municipalities and districts that lie in any of them.
    inside: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return ", ".join(self.areas)

    def covers(self, other: Owner) -> bool:
        """Tell whether all that is the other's lies here: its definitions may then build on the ones from here."""
        return all(self.has(around) for around in other.around)

    def meets(self, other: Owner) -> bool:
        """Tell whether anything of the other's lies here, or of what is here there."""
        return any(map(self.has, other.around)) or any(map(other.has, self.around))

    def overlaps(self, other: Owner) -> bool:
        """Tell whether the two meet, or cross, as a county and a police area that have a municipality in common."""
        return self.meets(other) or not self.inside.isdisjoint(other.inside)

    def has(self, around: Collection[str]) -> bool:
        """Tell whether an area lies here, by the codes of itself and those around it."""
        return not set(self.areas).isdisjoint(around)
