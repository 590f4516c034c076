"""What a person's name cannot be is said in words about people."""

from __future__ import annotations

import pytest

from services.api.pages.faults import text_of
from services.api.pages.texts import translator
from shared.domain.free_text import LONGEST_NAME
from shared.domain.person import faults_of_name
from shared.domain.wording import Language


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("A" * LONGEST_NAME, []),
        ("A" * (LONGEST_NAME + 1), [f"Namnet går inte att använda. Skriv högst {LONGEST_NAME} tecken."]),
        ("Anna 19811228-9874", ["Texten ser ut att innehålla ett personnummer. Ta bort det och skicka igen."]),
    ],
)
def test_a_name_is_refused_in_words_about_people(name: str, said: list[str]) -> None:
    """Pages of keys have words of their own for the name of a system."""
    sv = Language.SV
    assert [text_of(one, sv, translator(sv)) for one in faults_of_name(name)] == said
