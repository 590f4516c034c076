"""Places in the change feed, and the texts that they are sent and stored as."""

from __future__ import annotations

import binascii
import hashlib
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from shared.db.signing import SIGNATURE_BYTES
from shared.domain.errors import InvalidCursor, OutdatedCursor, Violation

if TYPE_CHECKING:
    from shared.db.signing import Signer

_FORM = struct.Struct(">qQQ")
_PURPOSE = "changes"
_CHECK_BYTES = 4
_STORED_LENGTH = 38
_LARGEST_NUMBER = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Cursor:
    """The place just after a change: `number` within the transaction `changed_in`, of the epoch's numbering.

    As a text it has two forms: one that we store, with check digits, and one for clients, that is signed.
    """

    epoch: int
    changed_in: int = 0
    number: int = 0

    def stored(self) -> str:
        """Return the cursor as it is stored."""
        return _text(self._place(), _check(self._place()))

    def signed(self, signer: Signer) -> str:
        """Return the cursor as it is given to clients."""
        return _text(self._place(), signer.sign(_PURPOSE, self._place()))

    @classmethod
    def of_stored(cls, text: str) -> Self:
        """Read a cursor that was stored.

        Raises:
            InvalidCursor: its check digits are not right.
        """
        place, check = _parts(text, _CHECK_BYTES)
        if check != _check(place):
            raise _invalid()
        return cls._of(place)

    @classmethod
    def parse(cls, text: str, signer: Signer) -> Self:
        """Read a cursor that a client sends.

        Raises:
            InvalidCursor: it is none that was ever given out.
            OutdatedCursor: it is of the form that clients were given before cursors were signed.
        """
        if len(text) == _STORED_LENGTH:
            cls.of_stored(text)
            raise outdated("was given out before cursors were signed")
        place, signature = _parts(text, SIGNATURE_BYTES)
        if not signer.has_signed(_PURPOSE, place, signature):
            raise _invalid()
        return cls._of(place)

    @classmethod
    def _of(cls, place: bytes) -> Self:
        cursor = cls(*_FORM.unpack(place))
        if cursor.number > _LARGEST_NUMBER:
            raise _invalid()
        return cursor

    def _place(self) -> bytes:
        return _FORM.pack(self.epoch, self.changed_in, self.number)


def _text(place: bytes, check: bytes) -> str:
    return urlsafe_b64encode(place + check).rstrip(b"=").decode()


def _parts(text: str, check_bytes: int) -> tuple[bytes, bytes]:
    """Return the place that a text encodes, and what it is checked by."""
    try:
        decoded = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except (UnicodeEncodeError, binascii.Error):
        raise _invalid() from None
    place, check = decoded[: _FORM.size], decoded[_FORM.size :]
    # What a lenient decoder would skip must not make two cursors of one place.
    if len(check) != check_bytes or _text(place, check) != text:
        raise _invalid()
    return place, check


def _check(place: bytes) -> bytes:
    """Return the check digits that tell a stored cursor from a broken one."""
    return hashlib.blake2b(place, digest_size=_CHECK_BYTES).digest()


def outdated(reason: str) -> OutdatedCursor:
    """Return why a cursor counts no longer: the feed must be read from the start."""
    remedy = "Leave it out: the feed from the start holds every value. Drop what it does not name."
    detail = "Changes are numbered afresh, so that the feed must be read from the start."
    return OutdatedCursor(detail, [Violation("since", reason, remedy)])


def _invalid() -> InvalidCursor:
    remedy = "Send nextCursor of the answer before as it was given, or leave it out to begin from the start."
    return InvalidCursor("The cursor cannot be read.", [Violation("since", "is no cursor of the change feed", remedy)])
