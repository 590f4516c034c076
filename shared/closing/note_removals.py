"""The only writer of removals of notes: from where people read them, from revisions and from the audit trail.

A revision then says that a note was removed, when and why; its figures stay as they are. The worker removes what the
trail says of the note once all of it is sealed (`shared.audit.removal`).
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from sqlalchemy import text

from shared.db.access import FOR_ALL, may_write
from shared.db.locks import share_closings
from shared.domain.errors import InvalidNote, UnknownNote, Violation
from shared.domain.free_text import text_faults
from shared.domain.period import local_date
from shared.domain.wording import Language
from shared.facts.notes import erase_note
from shared.wording.dates import date_in_words

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncConnection

_PLACE = "note_id, indicator_code, area_id, period_type, period_start"
# As it is now; else as it was closed last; else it has been removed before.
_FIND = text(
    f"""SELECT {_PLACE}, EXISTS (SELECT FROM note_removal WHERE note_id = :note_id) AS is_removed
        FROM (SELECT {_PLACE}, 3 AS rank, changed_at AS at FROM indicator_note
              UNION ALL SELECT {_PLACE}, 2, changed_at FROM closed_note
              UNION ALL SELECT {_PLACE}, 1, removed_at FROM note_removal) AS found
        WHERE note_id = :note_id ORDER BY rank DESC, at DESC LIMIT 1"""
)
_ADD = text(
    f"""INSERT INTO note_removal AS former ({_PLACE}, reason, removed_by)
        VALUES (:note_id, :indicator_code, :area_id, :period_type, :period_start, :reason, :removed_by)
        ON CONFLICT (note_id) DO UPDATE SET reason = excluded.reason, removed_by = excluded.removed_by
        WHERE former.reason <> excluded.reason"""
)
_CLEAR_COPIES = text("UPDATE closed_note SET text = NULL WHERE note_id = :note_id AND text IS NOT NULL")
_SENTENCES: Final[Mapping[Language, str]] = {
    Language.SV: "Kommentaren togs bort den {day}. Anledning: {reason}",
    Language.EN: "The comment was removed on {day}. Reason: {reason}",
}
_WITHOUT_REASON: Final[Mapping[Language, str]] = {
    Language.SV: "Kommentaren har tagits bort.",
    Language.EN: "The comment has been removed.",
}


async def remove_note_everywhere(connection: AsyncConnection, note_id: UUID, reason: str, removed_by: str) -> bool:
    """Remove a note wherever it is kept, for a reason; return whether it had not been before.

    Of one that has been, the reason is replaced.

    Raises:
        InvalidNote: the reason says nothing, or holds personal data itself.
        UnknownNote: there is none with that id, or it is not of an area of the caller's.
    """
    faults = [*text_faults([("reason", reason)])]
    if not reason.strip():
        faults.append(Violation("reason", "is missing", "Say why the note is removed, but not what it said."))
    if faults:
        raise InvalidNote("The note cannot be removed for this reason.", faults)
    # A closing that runs would copy it meanwhile.
    await share_closings(connection)
    asked = {"note_id": note_id}
    found = (await connection.execute(_FIND, asked)).mappings().one_or_none()
    if found is None or not may_write(found["area_id"]):
        raise UnknownNote("No note has this id.")
    # It may have been of another area when an earlier revision was made.
    await connection.exec_driver_sql(FOR_ALL)
    await connection.execute(_ADD, {**found, "reason": reason, "removed_by": removed_by})
    await connection.execute(_CLEAR_COPIES, asked)
    await erase_note(connection, note_id)
    return not found["is_removed"]


def removal_in_words(removed_at: str | None, reason: str | None, language: Language) -> str:
    """Return what is said in the place of a note that has been removed, at an instant as `instant_text` writes it.

    When and why are for who sees the area that the note was of last.
    """
    if removed_at is None:
        return _WITHOUT_REASON[language]
    day = date_in_words(local_date(datetime.fromisoformat(removed_at)), language)
    return _SENTENCES[language].format(day=day, reason=reason)
