"""What someone with all rights in the database may do to a sealed trail, each in SQL; `:number` is the entry's."""

from __future__ import annotations

from shared.audit.digest import DIGEST

# A number and its successor change places; the last seal has none.
_SWAP = """UPDATE {table} SET {columns} FROM {table} AS other
           WHERE {table}.number IN (:number, :number + 1) AND other.number = 2 * :number + 1 - {table}.number"""
_CONTENT = "change_number recorded_at actor actor_name sent_by trace_id operation resource address area_id before after"
_MOVE_UP = "UPDATE {table} SET number = -number - 1 WHERE number > :number"
_MOVE_DOWN = "UPDATE {table} SET number = 1 - number WHERE number > :number"
_SETTLE = "UPDATE {table} SET number = -number WHERE number < 0"
_TABLES = ("audit_entry", "audit_seal")


def _swapped(table: str, columns: str) -> str:
    return _SWAP.format(table=table, columns=", ".join(f"{name} = other.{name}" for name in columns.split()))


def _renumbered(statement: str) -> tuple[str, ...]:
    """Return the statements that move all later rows by one, in both tables, so that no gap shows."""
    return tuple(one.format(table=table) for table in _TABLES for one in (statement, _SETTLE))


_COPY_ENTRY = """INSERT INTO audit_entry
    SELECT {number}, change_number + 1000000, recorded_at, actor, actor_name, sent_by, trace_id, operation, resource,
           address, area_id, before, after FROM audit_entry WHERE number = :number"""
# With a hash that follows from the one before, as whoever knows how it is made would do.
_ADD_SEAL = f"""INSERT INTO audit_seal (number, payload_hash, hash)
    SELECT :number + 1, digest, sha256(hash || digest)
    FROM audit_seal CROSS JOIN (SELECT {DIGEST} AS digest FROM audit_entry WHERE number = :number + 1) AS entry
    WHERE number = :number"""

TAMPERING: dict[str, tuple[str, ...]] = {
    "removed: the entry": ("DELETE FROM audit_entry WHERE number = :number",),
    "removed: the seal": ("DELETE FROM audit_seal WHERE number = :number",),
    "removed: both": tuple(f"DELETE FROM {table} WHERE number = :number" for table in _TABLES),
    "removed: both, and later ones moved up": (
        *(f"DELETE FROM {table} WHERE number = :number" for table in _TABLES),
        *_renumbered(_MOVE_DOWN),
        "UPDATE audit_head SET number = number - 1",
    ),
    "removed: all from there on": tuple(f"DELETE FROM {table} WHERE number >= :number" for table in _TABLES),
    "changed: who": ("UPDATE audit_entry SET actor = 'another' WHERE number = :number",),
    "changed: when": (
        "UPDATE audit_entry SET recorded_at = recorded_at + interval '1 microsecond' WHERE number = :number",
    ),
    "changed: what": ("UPDATE audit_entry SET address = address || 'x' WHERE number = :number",),
    "changed: before": ("UPDATE audit_entry SET before = '{\"revision\": 99}' WHERE number = :number",),
    "changed: after": ("UPDATE audit_entry SET after = '{\"revision\": 99}' WHERE number = :number",),
    "changed: whose": ("UPDATE audit_entry SET area_id = coalesce(area_id, 0) + 1 WHERE number = :number",),
    "changed: the payload's hash": ("UPDATE audit_seal SET payload_hash = sha256('') WHERE number = :number",),
    "changed: the hash": ("UPDATE audit_seal SET hash = sha256('') WHERE number = :number",),
    "reordered: entries": (_swapped("audit_entry", _CONTENT),),
    "reordered: seals": (_swapped("audit_seal", "payload_hash hash"),),
    "reordered: both": (_swapped("audit_entry", _CONTENT), _swapped("audit_seal", "payload_hash hash")),
    "added: an entry": (_COPY_ENTRY.format(number="(SELECT number + 1 FROM audit_head)"),),
    "added: a sealed entry in between": (
        *_renumbered(_MOVE_UP),
        _COPY_ENTRY.format(number=":number + 1"),
        _ADD_SEAL,
        "UPDATE audit_head SET number = number + 1",
    ),
}
"""By the fault and how; all but the first word is for people."""
