"""What a refusal says of a template: in words for people, about cells."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from services.api.pages.faults import text_of
from services.api.pages.setup.filled_in import CellFault, CellPosition
from services.api.pages.texts import translator
from shared.domain.wording import Language
from shared.wording.refusals import in_swedish, key_of

if TYPE_CHECKING:
    from services.api.pages.setup.filled_in import FilledTemplate
    from services.api.pages.setup.proposal import TemplateProposal
    from shared.domain.errors import Violation

# How an agreement's refusals name another entry of theirs.
_ENTRY = re.compile(r"(targets|annexes|commitments)\[[0-9]+\]")


class FaultTexts:
    """Says what is wrong with a template in a language."""

    def __init__(self, filled: FilledTemplate, proposal: TemplateProposal, language: Language) -> None:
        self._filled = filled
        self._proposal = proposal
        self._language = language
        self._t = translator(language)

    def fault(self, place: CellPosition, violation: Violation) -> CellFault:
        """Return a refusal of what a cell says, with where that is."""
        return CellFault(self._filled.where(place, self._t), self._words(violation))

    def _words(self, violation: Violation) -> str:
        key = f"setup.fault.{key_of(violation.reason)}"
        if not self._t.knows(key):
            return text_of(violation, self._language, self._t)
        reason, remedy = (
            in_swedish(text) if self._language is Language.SV else text for text in (violation.reason, violation.remedy)
        )
        named = _ENTRY.search(violation.reason)
        return self._t(key, reason=reason, remedy=remedy, other=self._row(named[0]) if named else "")

    def _row(self, entry: str) -> str:
        place = self._proposal.agreement.cell_of(entry)
        assert place is not None  # noqa: S101  every entry is from a row
        return self._t("setup.whereRow", row=place.row, sheet=self._filled.sheets[place.sheet].title)
