"""Slices of single annexes: what was reported, or promised, under annexes of one code. They come with agreements."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from shared.catalogue.indicator import THEMES, Slice
from shared.domain.activity_type import Wording

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from shared.catalogue.indicator import IndicatorDefinition


class SlicedAnnex(NamedTuple):
    """An annex with slices of its own: called by its code and named by its title.

    `indicators` are those that its list or a target names such a slice of. One without a list follows its theme's.
    """

    code: str
    theme: str
    has_list: bool
    indicators: tuple[str, ...]
    title: str
    title_en: str


def slices_of_annexes(indicator: str, written: Mapping[str, Slice], annexes: Iterable[SlicedAnnex]) -> dict[str, Slice]:
    """Return the slices that annexes have of an indicator beyond those that it has itself.

    An indicator that every annex has a slice of gets one for each whose code is no theme.
    """
    by_theme = {part.annex for part in written.values() if part.annex and not part.attributes}
    of_every_annex = by_theme >= set(THEMES)
    found: dict[str, Slice] = {}
    for annex in annexes:
        is_listed = annex.theme in by_theme and not annex.has_list
        is_sliced = annex.code not in THEMES and (of_every_annex or is_listed)
        if (is_sliced or indicator in annex.indicators) and annex.code not in written and annex.code not in found:
            found[annex.code] = Slice(name=Wording(sv=annex.title, en=annex.title_en), annex_code=annex.code)
    return found


def followed_by(definition: IndicatorDefinition) -> tuple[str, ...]:
    """Return what turns the rows of a series on where an area reports it: its themes, or else any agreement; its name.

    A slice of a single annex is followed where that annex is: by its own name, or by the list of a theme that has a
    slice for its annexes. See `shared.facts.reporting`.
    """
    own = f"indicator/{definition.code}/{definition.part}"
    code = definition.selects.annex_code
    if code is None:
        return (*([f"theme/{theme}" for theme in definition.themes] or ["agreement"]), own)
    themes = {part.annex for part in definition.slices_by_code.values() if part.annex and not part.attributes}
    return (*(f"theme/{theme}/{code}" for theme in sorted(themes)), own)
