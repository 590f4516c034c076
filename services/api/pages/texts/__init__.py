"""What pages say, in Swedish and English: see `shared.wording.translation`.

What several pages say is here; a folder of pages may have a folder `texts` of its own, with other keys.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from shared.wording.translation import Translate, texts_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.domain.wording import Language

__all__ = ["FOLDERS", "Translate", "texts", "translator"]

_HERE = Path(__file__).parent
FOLDERS = (_HERE, *sorted(_HERE.parent.glob("*/texts")))


@cache
def texts(language: Language) -> Mapping[str, str]:
    """Return the texts of a language by key, of all pages."""
    return {key: text for folder in FOLDERS for key, text in texts_in(folder, language).items()}


@cache
def translator(language: Language) -> Translate:
    """Return what finds the texts of a language."""
    return Translate(texts(language))
