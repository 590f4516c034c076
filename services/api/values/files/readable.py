"""Values as people read them in a spreadsheet: headings and words in their language, no codes in a name's place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from services.api.values.csv_export import cells_of, sources_of
from services.api.values.names import NAMES
from shared.domain.target_wording import judgement, named_target, rule, targets_of_period
from shared.domain.wording import WITHOUT_VALUE, Language
from shared.files.formulas import without_formula
from shared.read_model.columns import PUBLIC_NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_WORDS = {
    Language.SV: {
        **WITHOUT_VALUE[Language.SV],
        "observed": None,
        "zero": None,
        "preliminary": "preliminärt",
        "final": "slutligt",
        "month": "månad",
        "quarter": "kvartal",
        "tertial": "tertial",
        "halfYear": "halvår",
        "year": "år",
    },
    Language.EN: {
        **WITHOUT_VALUE[Language.EN],
        "observed": None,
        "zero": None,
        **{word: word for word in ("preliminary", "final", "month", "quarter", "tertial", "year")},
        "halfYear": "half-year",
    },
}
_WORDED = ("status", "finality", "periodType")
_JUDGED = {
    Language.SV: "{target}. Bedömning: {judgement}.",
    Language.EN: "{target}. Judgement: {judgement}.",
}
_UNIT = PUBLIC_NAMES.index("unit")


@dataclass(frozen=True, slots=True)
class ReadableColumn:
    """A column that people read: the field of the API, its heading, how wide it is, and what it means if not said."""

    field: str
    heading: str
    width: int
    meaning: str


@cache
def readable_columns(language: Language) -> tuple[ReadableColumn, ...]:
    """Return the columns in their order."""
    listed = yaml.safe_load(Path(__file__).with_name("readable.yaml").read_text(encoding="utf-8"))
    return tuple(
        ReadableColumn(one["field"], one[language], one["width"], one.get("means", {}).get(language, ""))
        for one in listed
    )


class ReadableRows:
    """Turns rows of COLUMNS and names into the cells of the readable columns."""

    def __init__(self, language: Language) -> None:
        self.columns = readable_columns(language)
        self._language = language
        sources = {name: (at, path, name) for at, path, name in sources_of(names=NAMES)}
        worded = {*NAMES, "signal.text"}
        self._sources = [
            sources[f"{one.field}.{language}" if one.field in worded else one.field] for one in self.columns
        ]
        fields = [one.field for one in self.columns]
        self._worded = [fields.index(name) for name in _WORDED]
        self._targets, self._computed_at = fields.index("targets"), fields.index("computedAt")
        self._all_targets = PUBLIC_NAMES.index("targets")

    def cells(self, row: Sequence[Any]) -> list[Any]:
        """Return a row's cells: text, numbers, days, and the moment of computing without a zone, in UTC."""
        cells = cells_of(row, self._sources)
        for at in self._worded:
            cells[at] = _WORDS[self._language][cells[at]]
        cells[self._targets] = (
            " ".join(self._judged(target, row[_UNIT]) for target in targets_of_period(row[self._all_targets])) or None
        )
        cells[self._computed_at] = datetime.fromisoformat(cells[self._computed_at]).replace(tzinfo=None)
        return cells

    def _judged(self, target: Mapping[str, Any], unit: str) -> str:
        language = self._language
        asked = rule(target, unit, language)
        return _JUDGED[language].format(
            target=named_target(target, asked, language),
            judgement=judgement(target, language),
        )


def local_text(value: object, language: Language) -> object:
    """Return a cell as a program of that language reads it from text: a decimal comma in Swedish, and no formula."""
    if isinstance(value, str):
        return without_formula(value)
    if language is Language.SV and isinstance(value, (Decimal, float)):
        return (f"{value:f}" if isinstance(value, Decimal) else repr(value)).replace(".", ",")
    return value
