"""What an administrator is told of the service, in each state that it can be in."""

from __future__ import annotations

import pytest

from services.api.pages.operation.health import duration, findings
from services.api.pages.texts import translator
from shared.db.server_faults import ServerFault
from shared.domain.wording import Language
from shared.heartbeat import Beat
from shared.operation.backlog import SECONDS_BEHIND, Backlog
from shared.operation.watch import DatabaseState

SV = translator(Language.SV)


def beat(age: float, since_work: float = 1.0) -> Beat:
    return Beat("w", "host", 1, "1", age, 100.0, since_work, 1.0, 5)


def backlog(oldest: float | None) -> Backlog:
    return Backlog(oldest, None, None, 0, 0, 0, 0, 0, 0, {}, {}, 0, 0)


def said(database: DatabaseState, beats: list[Beat] | None) -> list[tuple[bool, str]]:
    return [(one.is_wrong, one.text) for one in findings(database, beats, SV)]


def test_all_is_well() -> None:
    assert said(DatabaseState(None, is_migrated=True, backlog=backlog(None)), [beat(2.3), beat(1.2)]) == [
        (False, "Databasen fungerar."),
        (False, "Omräkningen är i gång. Den hördes av för en sekund sedan."),
        (False, "Alla värden är omräknade."),
    ]


@pytest.mark.parametrize(
    ("oldest", "is_wrong", "text"),
    [
        (12.0, False, "Värdena räknas om just nu. Den äldsta ändringen har väntat i 12 sekunder."),
        (59.0, False, "Värdena räknas om just nu. Den äldsta ändringen har väntat i 59 sekunder."),
        (SECONDS_BEHIND, True, "Värdena ligger efter. Den äldsta ändringen har väntat i en minut."),
        (300.0, True, "Värdena ligger efter. Den äldsta ändringen har väntat i 5 minuter."),
    ],
)
def test_what_waits_is_behind_from_a_minute_on(oldest: float, is_wrong: bool, text: str) -> None:
    assert said(DatabaseState(None, is_migrated=True, backlog=backlog(oldest)), [beat(1)])[2] == (is_wrong, text)


@pytest.mark.parametrize(
    ("beats", "text"),
    [
        ([], "Omräkningen är inte i gång."),
        ([beat(700)], "Omräkningen har inte hörts av på 11 minuter."),
        # It lives, and begins no work any more.
        ([beat(1, since_work=300)], "Omräkningen har inte hörts av på en sekund."),
        (None, "Det går inte att se om värdena räknas om, eftersom Redis inte svarar."),
    ],
)
def test_a_worker_that_is_not_heard_of_is_wrong(beats: list[Beat] | None, text: str) -> None:
    [_, of_worker, _] = said(DatabaseState(None, is_migrated=True, backlog=backlog(None)), beats)
    assert of_worker[0]
    assert of_worker[1].startswith(text)


def test_a_database_that_takes_no_writes_says_nothing_of_values() -> None:
    fault = next(iter(ServerFault))
    assert [is_wrong for is_wrong, _ in said(DatabaseState(fault), [beat(1)])] == [True, False]
    assert [is_wrong for is_wrong, _ in said(DatabaseState(None), [beat(1)])] == [True, False]
    unknown = said(DatabaseState(None, is_migrated=True), [beat(1)])
    assert unknown[2][0]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "en sekund"),
        (59.9, "59 sekunder"),
        (60, "en minut"),
        (7199, "en timme"),
        (90000, "ett dygn"),
        (200000, "2 dygn"),
    ],
)
def test_durations_have_their_largest_unit(seconds: float, text: str) -> None:
    assert duration(seconds, SV) == text
