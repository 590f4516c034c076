"""What a spreadsheet program takes for a formula, which may send what is around it anywhere."""

_OF_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def without_formula(text: str) -> str:
    """Return a text that no spreadsheet program takes for a formula: behind an apostrophe, if it would."""
    return f"'{text}" if text.startswith(_OF_FORMULAS) else text
