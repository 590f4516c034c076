"""Every refusal is told in Swedish too, and every remedy says what to do: trials B24."""

from __future__ import annotations

import re
from functools import cache
from typing import Annotated, Literal
from uuid import UUID

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.api.http.problems import STATUS
from shared.domain.errors import DomainError
from shared.domain.fields import Day
from shared.intake.violations import violation_of
from shared.wording.refusals import TITLE, in_swedish, texts, title
from tests.wording.refusals_in_code import Found, modules, texts_in

pytestmark = pytest.mark.slow

PLACE = re.compile(r"\{(\w+)\}")
# Remedies that say nothing.
EMPTY = {"Give it.", "Mend it.", "Mend it as the specification says.", "Correct it."}


@cache
def found() -> Found:
    """Read the source, when a test needs it: not in every process that collects the tests."""
    return texts_in(modules())


def _as_raised(text: str) -> str:
    """Return a text as it is answered, with a word of its own in each place."""
    return PLACE.sub(r"<\1>", text).replace("{{", "{").replace("}}", "}")


def test_the_source_is_read() -> None:
    assert len(found().texts) > 300
    assert len(found().remedies) > 120
    for known in (
        "no area has this code",  # written in the call
        "No area has this code. /areas lists them all.",  # at the condition's class
        "is before '{earlier}'",  # with a place
        "Give a day from {first} to {last}.",  # through a variable
        "names no period",  # through a helper's parameter
        "is itself a duplicate",  # in another helper
        "Give {ge} or more.",  # in a table
    ):
        assert known in found().texts, known


def test_trials_b24_every_text_has_swedish() -> None:
    """Add what is named here to shared/wording/en.yaml and sv.yaml, under a new key."""
    lacking = {text: place for text, place in found().texts.items() if in_swedish(raised := _as_raised(text)) == raised}
    assert lacking == {}


def test_trials_b24_no_place_is_lost() -> None:
    """What varies in a text is in the Swedish one too, or the Swedish one has no use for it at all."""
    english, swedish = texts("en"), texts("sv")
    unknown = {
        key: set(PLACE.findall(swedish[key])) - set(PLACE.findall(english[key]))
        for key in english
        if not set(PLACE.findall(swedish[key])) <= set(PLACE.findall(english[key]))
    }
    assert not unknown


def test_both_languages_have_the_same_keys() -> None:
    assert texts("en").keys() == texts("sv").keys()


def test_trials_b24_no_remedy_is_empty() -> None:
    assert not found().remedies & EMPTY
    assert not [text for text in found().remedies if len(text.split()) < 2]


def _conditions(of: type[DomainError]) -> list[type[DomainError]]:
    return [one for below in of.__subclasses__() for one in (below, *_conditions(below))]


@pytest.mark.parametrize("language", ["en", "sv"])
def test_every_condition_has_a_title(language: str) -> None:
    found = [one for one in _conditions(DomainError) if one.__module__.startswith(("shared.", "services.api."))]
    assert len(found) > len(STATUS)
    for condition in found:
        if condition.__name__ != "RequestError":
            assert TITLE.format(slug=condition.slug()) in texts(language), condition
            assert title(condition.slug(), language)


class _Form(BaseModel):
    """A body with a field of each kind, and what pydantic finds wrong with WRONG."""

    model_config = ConfigDict(strict=True, extra="forbid")

    required: str
    text: str
    short: Annotated[str, Field(min_length=2)]
    long: Annotated[str, Field(max_length=1)]
    code: Annotated[str, Field(pattern="^[a-z]+$")]
    count: int
    most: Annotated[int, Field(le=3)]
    least: Annotated[int, Field(ge=3)]
    share: float
    finite: Annotated[float, Field(allow_inf_nan=False)]
    is_new: bool
    choice: Literal["one", "other"]
    few: Annotated[list[int], Field(max_length=1)]
    several: Annotated[list[int], Field(min_length=1)]
    entries: list[int]
    table: dict[str, int]
    inner: Day | None
    number: UUID


WRONG: dict[str, object] = {
    "text": 1,
    "short": "a",
    "long": "ab",
    "code": "1",
    "count": "x",
    "most": 4,
    "least": 2,
    "share": "x",
    "finite": float("inf"),
    "is_new": "x",
    "choice": "third",
    "few": [1, 2],
    "several": [],
    "entries": 1,
    "table": 1,
    "inner": 3,
    "number": "x",
    "unknown": 1,
}


def test_what_pydantic_finds_wrong_has_swedish() -> None:
    with pytest.raises(ValidationError) as refused:
        _Form.model_validate(WRONG)
    violations = [violation_of(error, error["loc"]) for error in refused.value.errors()]
    assert {violation.field for violation in violations} == {*WRONG, "required"}
    for violation in violations:
        assert in_swedish(violation.reason) != violation.reason, violation
        assert in_swedish(violation.remedy) != violation.remedy, violation


@pytest.mark.parametrize(
    ("english", "swedish"),
    [
        ("is before 'reported'", "Tiden ligger före 'reported'."),
        ("annex 4 is not in force on 2027-05-03", "Bilaga 4 gällde inte den 2027-05-03."),
        (
            "It is in force 2015-01-01 to 2016-12-31.",
            "Den gäller 2015-01-01 till 2016-12-31. Välj ett annat datum eller en annan överenskommelse eller bilaga.",
        ),
        ("It takes no participants.", "Välj bland inga deltagare."),
        ("another service's words", "another service's words"),
        (
            "Write a date as 2016-03-24, from the years 1990 to 2079.",
            "Skriv datumet som 2016-03-24, från åren 1990 till 2079.",
        ),
        ("Write it as 1282-{}.", "Skriv det som 1282-{}."),
    ],
)
def test_what_varies_is_put_into_the_swedish_text(english: str, swedish: str) -> None:
    assert in_swedish(english) == swedish
