"""What pages say, in Swedish and English: see `shared.wording.translation`."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from shared.wording.translation import Translate, texts_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.domain.wording import Language

__all__ = ["HERE", "Translate", "texts", "translator"]

HERE = Path(__file__).parent


def texts(language: Language) -> Mapping[str, str]:
    """Return the texts of a language by key."""
    return texts_in(HERE, language)


@cache
def translator(language: Language) -> Translate:
    """Return what finds the texts of a language."""
    return Translate(texts(language))
