"""Tables of texts say the same in both languages: the same keys, and the same things that vary in them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from services.api.pages import texts as pages
from shared.expectations import sentences
from shared.mail import rendering
from shared.signals import sentences as signals
from shared.wording.translation import texts_in

if TYPE_CHECKING:
    from pathlib import Path

TABLES = {
    **{f"pages {folder.parent.name}": folder for folder in pages.FOLDERS},
    "expectations": sentences.TEXTS,
    "mail": rendering.TEXTS,
    "signals": signals.TEXTS,
}


@pytest.mark.parametrize("folder", TABLES.values(), ids=TABLES)
def test_both_languages_have_the_same_texts(folder: Path) -> None:
    swedish, english = texts_in(folder, "sv"), texts_in(folder, "en")
    assert swedish.keys() == english.keys()
    for key, text in swedish.items():
        assert isinstance(text, str), key
        varying = [sorted(re.findall(r"\{(\w+)\}", one)) for one in (text, english[key])]
        assert varying[0] == varying[1], key
        assert not key.endswith(".one") or f"{key.removesuffix('one')}other" in swedish, key


def test_a_key_of_the_pages_stands_in_one_folder() -> None:
    assert len(pages.texts("en")) == sum(len(texts_in(folder, "en")) for folder in pages.FOLDERS)
