"""A place in the change feed, as text that a reader keeps without understanding it."""

from __future__ import annotations

import binascii
import hashlib
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Self

from shared.domain.errors import InvalidCursor, Violation

_FORM = struct.Struct(">qQQ")
_CHECK_BYTES = 4


@dataclass(frozen=True, slots=True)
class Cursor:
    """The place just after a change: `number` within the transaction `changed_in`, of the epoch's numbering."""

    epoch: int
    changed_in: int = 0
    number: int = 0

    def __str__(self) -> str:
        place = _FORM.pack(self.epoch, self.changed_in, self.number)
        return urlsafe_b64encode(place + _check(place)).rstrip(b"=").decode()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a cursor.

        Raises:
            InvalidCursor: it is none that was ever given out.
        """
        try:
            decoded = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
            place, check = decoded[:-_CHECK_BYTES], decoded[-_CHECK_BYTES:]
            cursor = cls(*_FORM.unpack(place))
        except (UnicodeEncodeError, binascii.Error, struct.error):
            raise _invalid() from None
        # What a lenient decoder would skip must not make two cursors of one place.
        if check != _check(place) or str(cursor) != text:
            raise _invalid()
        return cursor


def _check(place: bytes) -> bytes:
    """Return what tells a cursor from a slip of the hand; nothing is secret about a place."""
    return hashlib.blake2b(place, digest_size=_CHECK_BYTES).digest()


def _invalid() -> InvalidCursor:
    remedy = "Send nextCursor of the answer before as it was given, or leave it out to begin from the start."
    return InvalidCursor("The cursor cannot be read.", [Violation("since", "is no cursor of the change feed", remedy)])
