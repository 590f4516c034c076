"""What is said of a promise in each of its states, in Swedish and English."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from services.api.pages.promises.reading import AgreementPromises, Promise, PromisePart
from services.api.pages.promises.sentences import PromiseInWords, Words
from services.api.pages.texts import translator
from shared.domain.commitment_state import CommitmentState
from shared.domain.wording import NO_BREAK_SPACE, Language

DUE = date(2016, 9, 30)
BEFORE, ON_THE_DAY, AFTER = date(2016, 6, 1), DUE, date(2016, 10, 1)
OPEN = PromisePart(place=None, due_on=DUE, done=0, decided_on=None, is_fulfilled=False)
DECIDED = replace(OPEN, decided_on=date(2016, 9, 19), is_fulfilled=True)
LATE = replace(OPEN, decided_on=date(2016, 11, 8))
PROMISE = Promise("Parken får ljus.", "The park gets light.", "Staden", 1, None, None, is_recurrent=False, parts=[OPEN])


def words_of(promise: Promise, today: date = AFTER, language: Language = Language.SV) -> PromiseInWords:
    return Words(translator(language), language, today).promise(promise)


def said(promise: Promise, today: date = AFTER) -> list[str]:
    words = words_of(promise, today)
    return [text.replace(NO_BREAK_SPACE, " ") for text in (words.standing, *words.details)]


def test_what_is_decided_in_time_is_fulfilled_on_that_day() -> None:
    assert said(replace(PROMISE, parts=[DECIDED])) == ["Uppfyllt den 19 september 2016"]


def test_what_is_decided_late_is_not_fulfilled_in_time() -> None:
    assert said(replace(PROMISE, parts=[LATE])) == ["Inte uppfyllt i tid", "Klart den 8 november 2016."]


def test_until_the_day_is_over_nothing_is_missed() -> None:
    assert [said(PROMISE, day) for day in (BEFORE, ON_THE_DAY, AFTER)] == [
        ["Inte klart än"],
        ["Inte klart än"],
        ["Inte uppfyllt"],
    ]
    promised = [words_of(PROMISE, day).promised.replace(NO_BREAK_SPACE, " ") for day in (BEFORE, AFTER)]
    assert promised == [
        "Lovat av: Staden. Ska vara klart senast den 30 september 2016.",
        "Lovat av: Staden. Skulle vara klart senast den 30 september 2016.",
    ]


def test_what_is_done_several_times_is_counted() -> None:
    walks = replace(PROMISE, times=4, parts=[replace(OPEN, done=3)])
    assert said(walks, BEFORE) == ["Inte klart än", "Genomfört 3 av 4 gånger hittills."]
    assert said(walks) == ["Delvis uppfyllt", "Genomfört 3 av 4 gånger."]
    done = replace(walks, parts=[replace(OPEN, done=5, is_fulfilled=True)])
    assert said(done) == ["Uppfyllt", "Genomfört 5 gånger, 4 var lovade."]


def test_a_withdrawn_promise_says_when_and_why() -> None:
    withdrawn = replace(PROMISE, withdrawn_on=date(2016, 8, 14), reason="Tillståndet kom inte.", parts=[LATE])
    assert said(withdrawn) == ["Löftet återtogs den 14 augusti 2016"]
    assert words_of(withdrawn).reason == "Tillståndet kom inte."


def test_what_was_withdrawn_after_its_day_is_judged_as_of_that() -> None:
    assert said(replace(PROMISE, withdrawn_on=AFTER, reason="x")) == ["Inte uppfyllt"]
    assert words_of(replace(PROMISE, withdrawn_on=DUE, reason="x")).state is CommitmentState.WITHDRAWN


def test_of_several_places_each_is_told() -> None:
    parts = [replace(DECIDED, place="Lindparken"), replace(LATE, place="Karlslund"), replace(OPEN, place="Torget")]
    words = words_of(replace(PROMISE, parts=parts))
    assert words.state is CommitmentState.PARTLY
    assert [(place, text.replace(NO_BREAK_SPACE, " ")) for place, text in words.places] == [
        ("Lindparken", "Uppfyllt den 19 september 2016"),
        ("Karlslund", "Inte uppfyllt i tid. Klart den 8 november 2016."),
        ("Torget", "Inte uppfyllt"),
    ]
    assert words_of(replace(PROMISE, parts=parts[:2])).state is CommitmentState.LATE


def test_what_recurs_is_counted_by_its_days() -> None:
    months = [replace(OPEN, due_on=date(2016, month, 28), is_fulfilled=month in {1, 3}) for month in range(1, 13)]
    recurrent = replace(PROMISE, is_recurrent=True, parts=months)
    assert said(recurrent, date(2016, 4, 28)) == [
        "Inte klart än",
        "Ska göras flera gånger. Klart i tid 2 av 3 gånger hittills.",
        "Nästa gång senast den 28 april 2016.",
    ]


def test_the_wording_is_in_the_language_that_there_is() -> None:
    english = words_of(PROMISE, language=Language.EN)
    assert (english.wording, english.language) == ("The park gets light.", Language.EN)
    swedish_alone = words_of(replace(PROMISE, wording_en=None), language=Language.EN)
    assert (swedish_alone.wording, swedish_alone.language) == ("Parken får ljus.", Language.SV)


def test_all_are_counted_by_their_state() -> None:
    words = Words(translator(Language.SV), Language.SV, AFTER)
    promises = [PROMISE, replace(PROMISE, parts=[DECIDED]), replace(PROMISE, parts=[DECIDED])]
    agreement = words.agreement(AgreementPromises("Överenskommelse", BEFORE, AFTER, promises))
    assert agreement.counted == "3 löften: 2 uppfyllda, 1 inte uppfyllt."
