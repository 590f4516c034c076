"""What is written every day, and is no personal data: ids of other systems, dates with times, counts, coordinates."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta
from uuid import UUID

import pytest

from shared.domain.activity import Activity, check_texts
from shared.domain.case_numbers import UnfitPattern, check_pattern, follows, is_uuid
from shared.domain.free_text import Guard, fault_of
from shared.domain.personal_numbers import holds_personal_number
from shared.intake.activities import read

SEED = 20161129
Make = Callable[[random.Random], str]


def day(chance: random.Random) -> date:
    return date(2001, 1, 1) + timedelta(days=chance.randrange(9000))


def clock(chance: random.Random) -> str:
    return f"{chance.randrange(24):02}:{chance.choice((0, 15, 30, 45, 7, 52)):02}"


def number(chance: random.Random, digits: int) -> str:
    return str(chance.randrange(10**digits)).zfill(digits)


# Each kind of id, and the pattern by which a mapping or source declares it.
IDS: dict[str, tuple[Make, str]] = {
    "case numbers by day": (lambda c: f"{day(c):%y%m%d}-{c.randrange(1000, 1200)}", r"\d{6}-1[01]\d{2}"),
    "date and time": (lambda c: f"{day(c):%Y%m%d}-{clock(c).replace(':', '')}", r"20\d{6}-[0-2]\d[0-5]\d"),
    "tax lots": (
        lambda c: f"{c.randrange(1, 9)}S{c.randrange(1, 5)}E{number(c, 2)}BC-{number(c, 5)}",
        r"\dS\dE\d{2}BC-\d{5}",
    ),
    "numbered tax lots": (lambda c: number(c, 10), r"\d{10}"),
    "invoices": (lambda c: f"{day(c):%Y%m%d}{number(c, 4)}", r"20\d{10}"),
    "telephone-like": (
        lambda c: f"07{number(c, 1)}-{number(c, 3)} {number(c, 2)} {number(c, 2)}",
        r"07\d-\d{3} \d{2} \d{2}",
    ),
    "registry": (lambda c: f"KS {day(c):%Y-%m-%d}-{number(c, 4)}", r"KS \d{4}-\d{2}-\d{2}-\d{4}"),
}


def reported(external_id: str, pattern: str | None) -> list[str]:
    """Return the faults of an activity's texts that comes with an id."""
    document = {"source": "s", "externalId": external_id, "type": "graffiti-cleanup", "agreement": "a", "area": "1282"}
    draft = read(document | {"status": "planned"}, (), pattern)
    return [fault.field for fault in check_texts(draft.activity)]


@pytest.mark.parametrize("kind", IDS)
def test_no_declared_id_is_refused_and_some_are_that_are_not_declared(kind: str) -> None:
    """trials B5, B25"""
    chance = random.Random(SEED)
    make, pattern = IDS[kind]
    ids = [make(chance) for _ in range(1000)]
    assert check_pattern(pattern) == pattern
    assert [sent for sent in ids if reported(sent, pattern)] == []
    looks_like_one = [sent for sent in ids if holds_personal_number(sent)]
    assert all(reported(sent, None) == ["externalId"] for sent in looks_like_one)
    assert looks_like_one or kind in {"tax lots", "telephone-like"}


def test_no_uuid_is_refused_as_an_id() -> None:
    """trials B25"""
    chance = random.Random(SEED)
    uuids = [UUID(int=chance.getrandbits(128)) for _ in range(1500)]
    # Of digits where a number could be.
    uuids += [
        UUID(f"{number(chance, 8)}-{number(chance, 4)}-4{number(chance, 3)}-a123-198507099805") for _ in range(500)
    ]
    forms = [form for uuid in uuids for form in (str(uuid), str(uuid).upper(), f"{{{uuid}}}", uuid.urn, uuid.hex)]
    assert [form for form in forms if fault_of(form, Guard.IDENTIFIER)] == []
    assert any(holds_personal_number(form) for form in forms)


@pytest.mark.parametrize(
    "text",
    [
        "198507099805",
        "00000000-0000-0000-0000-198507099805",  # no letter: it may be anything
        "12345678-1234-1234-1234-198507099805x",
        "KLO-850709-9805",
        "850709-9805",
    ],
)
def test_what_is_only_like_a_uuid_is_guarded(text: str) -> None:
    assert not is_uuid(text)
    assert fault_of(text, Guard.IDENTIFIER)


@pytest.mark.parametrize(
    "pattern",
    [
        r".*",
        r".+",
        r"[\s\S]*",
        r"\w+ ?.*",
        r"(",
        r"a)|(b",
        r"0)|(9",
        r"(?=a)",
        r"(a)\1",
        "a{1000}{1000}{1000}",
        r".{5}",
        r"\D*",
    ],
)
def test_a_pattern_that_says_nothing_or_is_none_is_refused(pattern: str) -> None:
    with pytest.raises(UnfitPattern):
        check_pattern(pattern)


def test_a_pattern_is_of_the_whole_id_and_never_slow() -> None:
    assert not follows(r"\d{6}-\d{4}", "x160104-1000")
    assert not follows(r"\d{6}-\d{4}", "160104-1000\n")
    assert follows(r"\d{6}-\d{4}", "160104-1000")
    assert not follows(r"(a+)+b", "a" * 5000)


def test_free_text_never_follows_a_pattern() -> None:
    """trials B5"""
    activity = read({"note": "160104-1000 198507-09-9805"}, (), r"\d{6}-\d{4}").activity
    assert [fault.field for fault in check_texts(activity)] == ["note"]
    in_the_source = Activity("850709-9805", "850709-9805", "t", "a", None, "1282", "planned", {}, has_case_number=True)
    assert [fault.field for fault in check_texts(in_the_source)] == ["source"]


NOTES: dict[str, Make] = {
    "a day and a time": lambda c: f"Vi gick {day(c):%Y-%m-%d} {clock(c)} från torget.",
    "with seconds": lambda c: f"Loggat {day(c):%Y-%m-%d} {clock(c)}:{c.randrange(60):02}.",
    "points": lambda c: f"{day(c):%Y-%m-%d} {clock(c).replace(':', '.')}",
    "from and to": lambda c: f"{day(c):%Y-%m-%d} {clock(c)}–{clock(c)}",
    "hours": lambda c: f"{day(c):%Y-%m-%d} {c.randrange(8, 12)}-{c.randrange(13, 24)}",
    "compact": lambda c: f"{day(c):%Y%m%d} {clock(c)}",
    "short": lambda c: f"{day(c):%y%m%d} {clock(c)}",
    "in brackets": lambda c: f"{day(c):%Y-%m-%d} ({clock(c)}-{clock(c)})",
    "RFC 3339": lambda c: f"{day(c):%Y-%m-%d}T{clock(c)}:30.1234+02:00",
    "ISO basic": lambda c: f"{day(c):%Y%m%d}T{clock(c).replace(':', '')}00Z",
    "two days": lambda c: f"{day(c):%Y-%m-%d} – {day(c):%Y-%m-%d}",
    "three days": lambda c: f"{day(c):%Y-%m-%d}, {day(c):%Y-%m-%d}, {day(c):%Y-%m-%d}",
    "two days, compact": lambda c: f"{day(c):%Y%m%d}-{day(c):%Y%m%d}",
    "day first": lambda c: f"{day(c):%d.%m.%Y} - {day(c):%d.%m.%Y}",
    "Swedish": lambda c: f"{day(c).day}/{day(c).month} {day(c).year} - {day(c).day}/{day(c).month} {day(c).year}",
    "Swedish, with times": lambda c: (
        f"{day(c).day}/{day(c).month} {clock(c)}-{clock(c)}, {day(c).day}/{day(c).month} {clock(c)}"
    ),
    "months": lambda c: f"{day(c):%Y-%m}, {day(c):%Y-%m} och {day(c):%Y-%m}",
    "years": lambda c: f"{day(c).year}, {day(c).year}, {day(c).year}",
    "counts": lambda c: f"Per vecka: {', '.join(str(c.randrange(8, 31)) for _ in range(9))}.",
    "more counts": lambda c: f"{' '.join(str(c.randrange(8, 31)) for _ in range(12))}",
    "coordinates": lambda c: f"{55 + c.random():.4f}, {12 + c.random():.4f}",
    "company": lambda c: f"{c.choice('125678')}{number(c, 1)}{c.randrange(20, 99)}{number(c, 2)}-{number(c, 4)}",
    "police report": lambda c: f"5000-K{number(c, 6)}-{c.randrange(15, 27)}",
    "clocks": lambda c: f"{clock(c)}-{clock(c)}, {clock(c)}-{clock(c)}",
    "amount": lambda c: f"{c.randrange(1, 10)} {number(c, 3)} {number(c, 3)} kr",
    "paragraphs": lambda c: f"§ {c.randrange(1, 300)}, dnr KS {day(c).year}/{c.randrange(1, 2000)}-{c.randrange(1, 9)}",
}


@pytest.mark.parametrize("kind", NOTES)
def test_no_ordinary_note_is_refused(kind: str) -> None:
    chance = random.Random(SEED)
    notes = [NOTES[kind](chance) for _ in range(400)]
    assert [(note, fault) for note in notes if (fault := fault_of(note))] == []
