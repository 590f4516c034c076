"""A promise in the words of a page: what was promised, how far it has come, and when."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.domain.commitment_state import CommitmentState, decided_day, state_of
from shared.domain.wording import Language
from shared.wording.dates import date_in_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from services.api.pages.promises.reading import AgreementPromises, Promise, PromisePart
    from services.api.pages.texts import Translate


@dataclass(frozen=True, slots=True)
class PromiseInWords:
    """A promise as it is read: `language` is that of the wording, and `reason` is in Swedish, as it was noted."""

    wording: str
    language: Language
    state: CommitmentState
    standing: str
    details: Sequence[str]
    places: Sequence[tuple[str, str]]
    reason: str | None
    promised: str


@dataclass(frozen=True, slots=True)
class AgreementInWords:
    """An agreement as it is read, with its promises."""

    title: str
    first_on: date
    last_on: date
    counted: str
    promises: Sequence[PromiseInWords]


@dataclass(frozen=True, slots=True)
class Words:
    """In which words and as of which day promises are told."""

    t: Translate
    language: Language
    today: date

    def agreement(self, agreement: AgreementPromises) -> AgreementInWords:
        """Return an agreement in words."""
        promises = [self.promise(one) for one in agreement.promises]
        counted = self._counted(Counter(one.state for one in promises))
        return AgreementInWords(agreement.title, agreement.first_on, agreement.last_on, counted, promises)

    def promise(self, promise: Promise) -> PromiseInWords:
        """Return a promise in words."""
        has_english = self.language is Language.EN and promise.wording_en is not None
        state = promise.state(self.today)
        lists_places = not promise.is_recurrent and len(promise.parts) > 1
        return PromiseInWords(
            wording=promise.wording_en if has_english and promise.wording_en else promise.wording,
            language=Language.EN if has_english else Language.SV,
            state=state,
            standing=self._standing(promise, state),
            details=[*self._details(promise, state)],
            places=[self._place(promise, part) for part in promise.parts] if lists_places else [],
            reason=promise.reason if state is CommitmentState.WITHDRAWN else None,
            promised=self._promised(promise, state),
        )

    def _counted(self, states: Counter[CommitmentState]) -> str:
        """Return how many promises there are in each state, in one sentence."""
        listed = [self.t(f"promises.counted.{state}", n=states[state]) for state in CommitmentState if states[state]]
        return self.t("promises.counted", n=states.total(), states=", ".join(listed))

    def _promised(self, promise: Promise, state: CommitmentState) -> str:
        by = self.t("promises.by", party=promise.party)
        if promise.is_recurrent:
            return by
        due = "promises.due" if state is CommitmentState.PENDING else "promises.wasDue"
        return f"{by} {self.t(due, day=self._day(promise.due_on))}"

    def _standing(self, promise: Promise, state: CommitmentState) -> str:
        if state is CommitmentState.WITHDRAWN and promise.withdrawn_on is not None:
            return self.t("promises.withdrawn", day=self._day(promise.withdrawn_on))
        if state is CommitmentState.FULFILLED and not promise.is_recurrent:
            return self._fulfilled(promise.parts)
        return self.t(f"promises.{state}")

    def _fulfilled(self, parts: Sequence[PromisePart]) -> str:
        day = decided_day(parts)
        return self.t("promises.fulfilled") if day is None else self.t("promises.fulfilledOn", day=self._day(day))

    def _details(self, promise: Promise, state: CommitmentState) -> Iterator[str]:
        if promise.is_recurrent:
            yield from self._recurrence(promise)
            return
        if len(promise.parts) > 1:
            return
        part = promise.parts[0]
        if part.place is not None:
            yield self.t("promises.place", place=part.place)
        if state is CommitmentState.LATE and part.decided_on is not None:
            yield self.t("promises.lateOn", day=self._day(part.decided_on))
        if promise.times > 1 and part.decided_on is None:
            yield self._times(promise, part)

    def _recurrence(self, promise: Promise) -> Iterator[str]:
        """Yield how often it was fulfilled of how many times that are past, and when the next is."""
        dues = promise.by_due_date()
        past = [parts for parts in dues if parts[0].due_on < self.today]
        met = sum(state_of(parts, None, self.today) is CommitmentState.FULFILLED for parts in past)
        yield self.t("promises.recurrent", n=len(past), met=met)
        if len(past) < len(dues) and promise.withdrawn_on is None:
            yield self.t("promises.next", day=self._day(dues[len(past)][0].due_on))

    def _place(self, promise: Promise, part: PromisePart) -> tuple[str, str]:
        """Return a place of several, the whole municipality as an empty text, and how far it has come there."""
        state = state_of([part], None, self.today)
        standing = self._fulfilled([part]) if state is CommitmentState.FULFILLED else self.t(f"promises.{state}")
        if state is CommitmentState.LATE and part.decided_on is not None:
            standing = f"{standing}. {self.t('promises.lateOn', day=self._day(part.decided_on))}"
        elif promise.times > 1 and part.decided_on is None:
            standing = f"{standing}. {self._times(promise, part)}"
        return part.place or "", standing

    def _times(self, promise: Promise, part: PromisePart) -> str:
        if part.done > promise.times:
            key = "promises.moreTimes"
        else:
            key = "promises.timesSoFar" if part.due_on >= self.today else "promises.times"
        return self.t(key, done=part.done, times=promise.times)

    def _day(self, day: date) -> str:
        return date_in_words(day, self.language)
