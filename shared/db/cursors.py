"""Places in the change feed, and the texts that they are sent and stored as."""

from __future__ import annotations

import binascii
import hashlib
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from shared.db.access import current_access, seen_until
from shared.db.signing import SIGNATURE_BYTES
from shared.domain.errors import InvalidCursor, OutdatedCursor, Violation

if TYPE_CHECKING:
    from shared.db.signing import Signer

_FORM = struct.Struct(">qQQ")
# What a reader saw, which cursors have had since 2026-11-30: the last area that there was, and a hash of those seen.
_SIGHT = struct.Struct(">I8s")
_PURPOSE = "changes"
_NUMBERED_AFRESH = "Changes are numbered afresh, so that the feed must be read from the start."
_CHECK_BYTES = 4
_STORED_LENGTH = 38
_LARGEST_NUMBER = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Sight:
    """Of which areas a reader saw figures: a hash of those among the areas up to an id.

    An area that is newer has no older figures, so that whoever comes to see it has missed nothing.
    """

    newest_area_id: int
    digest: bytes

    @classmethod
    def now(cls) -> Self:
        """Return what the request or job that runs sees."""
        access = current_access()
        newest = access.newest_area_id if access else 0
        return cls(newest, seen_until(access, newest))

    @property
    def holds(self) -> bool:
        """Whether the request or job that runs sees figures of the same of these areas."""
        return seen_until(current_access(), self.newest_area_id) == self.digest


@dataclass(frozen=True, slots=True)
class Cursor:
    """The place just after a change: `number` within the transaction `changed_in`, of the epoch's numbering.

    With it goes what its reader saw; None where nobody has read yet. As a text it has two forms: one that we store,
    with check digits, and one for clients, that is signed.
    """

    epoch: int
    changed_in: int = 0
    number: int = 0
    sight: Sight | None = None

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

    def unseen(self) -> Self:
        """Return the place for another reader, whatever that one sees."""
        return replace(self, sight=None)

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
        sight = Sight(*_SIGHT.unpack(place[_FORM.size :])) if len(place) > _FORM.size else None
        epoch, changed_in, number = _FORM.unpack(place[: _FORM.size])
        if number > _LARGEST_NUMBER:
            raise _invalid()
        return cls(epoch, changed_in, number, sight)

    def _place(self) -> bytes:
        place = _FORM.pack(self.epoch, self.changed_in, self.number)
        return place if self.sight is None else place + _SIGHT.pack(self.sight.newest_area_id, self.sight.digest)


def _text(place: bytes, check: bytes) -> str:
    return urlsafe_b64encode(place + check).rstrip(b"=").decode()


def _parts(text: str, check_bytes: int) -> tuple[bytes, bytes]:
    """Return the place that a text encodes, and what it is checked by."""
    try:
        decoded = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except (UnicodeEncodeError, binascii.Error):
        raise _invalid() from None
    place, check = decoded[:-check_bytes], decoded[-check_bytes:]
    # What a lenient decoder would skip must not make two cursors of one place.
    if len(place) not in {_FORM.size, _FORM.size + _SIGHT.size} or _text(place, check) != text:
        raise _invalid()
    return place, check


def _check(place: bytes) -> bytes:
    """Return the check digits that tell a stored cursor from a broken one."""
    return hashlib.blake2b(place, digest_size=_CHECK_BYTES).digest()


def outdated(reason: str, detail: str = _NUMBERED_AFRESH) -> OutdatedCursor:
    """Return why a cursor counts no longer: the feed must be read from the start."""
    remedy = "Leave it out: the feed from the start holds every value. Drop what it does not name."
    return OutdatedCursor(detail, [Violation("since", reason, remedy)])


def refuse_other_sight(cursor: Cursor) -> None:
    """Refuse the cursor of a reader who saw figures of other areas: older changes would be missed, or too many kept.

    Raises:
        OutdatedCursor: it is one.
    """
    if cursor.sight is not None and not cursor.sight.holds:
        detail = "You see figures of other areas than before, so that the feed must be read from the start."
        raise outdated("was given out when you saw figures of other areas", detail)


def _invalid() -> InvalidCursor:
    remedy = "Send nextCursor of the answer before as it was given, or leave it out to begin from the start."
    return InvalidCursor("The cursor cannot be read.", [Violation("since", "is no cursor of the change feed", remedy)])
