"""Sentences made of what a refusal says: some of its texts end with a full stop, and some go on in a list."""


def with_full_stop(words: str) -> str:
    """Return the words as the end of a sentence: with a full stop, unless they have an end."""
    return words if words.endswith((".", "!", "?")) else f"{words}."
