"""What a chart is of, and the words by which it is read aloud."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.api.charts.wording import WORDS, sentence, speakable, target_texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.api.charts.figures import Figure
    from shared.catalogue.indicator import IndicatorDefinition
    from shared.domain.wording import Language


@dataclass(frozen=True, slots=True)
class Subject:
    """An indicator in an area, named in the chart's language; `figures` has one for each period, without a gap."""

    name: str
    area: str
    unit: str
    definition: IndicatorDefinition
    period_type: str
    figures: Sequence[Figure]

    @property
    def is_line(self) -> bool:
        """Whether a line leads from figure to figure: shares and states have no amount that a bar could show."""
        return self.definition.is_share or self.definition.over_time == "last"

    @property
    def title(self) -> str:
        """What it is called."""
        return speakable(f"{self.name} – {self.area}")

    def measured(self, language: Language) -> str:
        """Return how long its periods are and what it is measured in."""
        return speakable(f"{WORDS[language][self.period_type]}, {self.unit}")

    def description(self, language: Language) -> str:
        """Return all that the chart shows, in sentences."""
        words, shown = WORDS[language], [figure for figure in self.figures if figure.value is not None]
        tells_finality = any(figure.finality == "final" for figure in shown)
        kind = words["line" if self.is_line else "bars"]
        said = [f"{kind}, {self.measured(language)}."]
        said += [sentence(figure, self.definition, language, tells_finality=tells_finality) for figure in self.figures]
        if not shown:
            said.append(words["none"])
        elif not tells_finality:
            said.append(words["allPreliminary"])
        said += [f"{text}." for text in target_texts(self.figures, self.definition, language)]
        return " ".join(said)
