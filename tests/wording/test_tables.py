"""Tables of texts say the same in both languages: the same keys, and the same things that vary in them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from services.api.pages import texts as pages
from shared.completeness import sentences as completeness
from shared.expectations import sentences
from shared.mail import rendering
from shared.report import wording as report
from shared.signals import sentences as signals
from shared.wording.translation import texts_in

TABLES = {
    **{f"pages {folder.parent.name}": folder for folder in pages.FOLDERS},
    "expectations": sentences.TEXTS,
    "mail": rendering.TEXTS,
    "signals": signals.TEXTS,
    "completeness": completeness.TEXTS,
    "report": report.TEXTS,
}
SOURCES = Path(__file__).parents[2]
# A text by its whole key that says how many.
_COUNTED = re.compile(r"""\b(?:t|say)\("([\w.]*\w)", (?:[^()]|\([^()]*\))*?\bn=""")


@pytest.mark.parametrize("folder", TABLES.values(), ids=TABLES)
def test_both_languages_have_the_same_texts(folder: Path) -> None:
    swedish, english = texts_in(folder, "sv"), texts_in(folder, "en")
    assert swedish.keys() == english.keys()
    for key, text in swedish.items():
        assert isinstance(text, str), key
        varying = [sorted(re.findall(r"\{(\w+)\}", one)) for one in (text, english[key])]
        assert varying[0] == varying[1], key
        assert not key.endswith(".one") or f"{key.removesuffix('one')}other" in swedish, key


def test_what_says_how_many_has_a_text_for_one_and_for_several() -> None:
    keys = {key for folder in TABLES.values() for key in texts_in(folder, "en")}
    counted = {
        (source.name, key)
        for folder in ("services", "shared")
        for ending in ("py", "html")
        for source in (SOURCES / folder).rglob(f"*.{ending}")
        for key in _COUNTED.findall(source.read_text(encoding="utf-8"))
    }
    assert len(counted) > 50
    assert [one for one in sorted(counted) if not {f"{one[1]}.one", f"{one[1]}.other"} <= keys] == []


def test_a_key_of_the_pages_stands_in_one_folder() -> None:
    assert len(pages.texts("en")) == sum(len(texts_in(folder, "en")) for folder in pages.FOLDERS)
