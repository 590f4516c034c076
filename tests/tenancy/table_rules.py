"""Whose each row of each table is, said a second time, apart from the policies. What is not here fails the tests."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Seen(StrEnum):
    """By which of a caller's sets of areas rows are seen."""

    DETAILS = "details"
    FIGURES = "figures"
    COORDINATES = "coordinates"
    # Everybody sees it.
    ALL = "all"
    # Nobody does.
    NONE = "none"
    # Nobody may ask.
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class TableRule:
    """By which areas a table's rows are seen; `area` is an SQL expression over its columns.

    `owner` is one more, of the area that a row belongs to: whoever acts for just that area sees it, too. `columns` are
    those that may be read, where not all may.
    """

    seen: Seen
    area: str = "NULL::integer"
    owner: str = "NULL::integer"
    columns: tuple[str, ...] = ()


def _part(whole: str, key: str, column: str, table: str) -> str:
    return f"(SELECT whole.{column} FROM {whole} AS whole WHERE whole.{key} = {table}.{key})"


_ALL = TableRule(Seen.ALL)
_STRUCTURE = (
    *("agreement", "agreement_area", "ancestor_set", "ancestor_set_member", "annex", "area", "area_ancestor_set"),
    *("area_closure", "area_edge", "area_hierarchy", "area_rhythm", "area_role", "boundary_change", "commitment"),
    *("commitment_area", "indicator_series", "municipal_definition", "municipal_definition_area", "reporting"),
    *("target", "term_month", "term_span", "agreement_period", "agreement_period_step", "ready_annex"),
    *("closed_area_period", "closed_definition"),
)
_SERVICE = ("alembic_version", "calendar_day", "cursor_secret", "day_rollover", "fact_removal", "feed_epoch")
# Whether a municipality shows its promises, or its final figures, to everybody is seen by everybody, too.
_PUBLIC = ("promise_page", "open_data_catalogue")
_OWNED = TableRule(Seen.DETAILS, "owner_area_id")


def _owned_part(table: str, whole: str, key: str) -> TableRule:
    return TableRule(Seen.DETAILS, _part(whole, key, "owner_area_id", table))


def _of_person(table: str, *columns: str) -> TableRule:
    return TableRule(Seen.COORDINATES, _part("person", "person_id", "owner_area_id", table), columns=columns)


# Of one whose sender might report elsewhere alone, no more: test_beside_figures. The rows here do not say where.
def _import_part(table: str) -> TableRule:
    owner = _part("file_import", "import_id", "owner_area_id", table)
    return TableRule(Seen.DETAILS, owner, owner)


TABLES: dict[str, TableRule] = {
    **dict.fromkeys((*_STRUCTURE, *_SERVICE, *_PUBLIC), _ALL),
    "activity": TableRule(Seen.DETAILS, "area_id", "owner_area_id"),
    "observation": TableRule(Seen.DETAILS, "area_id"),
    "observation_revision": TableRule(
        Seen.DETAILS, _part("observation", "observation_id", "area_id", "observation_revision")
    ),
    "indicator_note": TableRule(Seen.DETAILS, "area_id"),
    "note_removal": TableRule(Seen.DETAILS, "area_id"),
    "closed_note": TableRule(Seen.DETAILS, "area_id"),
    "series_break": TableRule(Seen.DETAILS, "area_id"),
    "cell": TableRule(Seen.DETAILS, "area_id"),
    "postponed_scope": TableRule(Seen.DETAILS, "writing_area_id"),
    "ancestor_set_total": TableRule(Seen.NONE),
    "indicator_value": TableRule(Seen.FIGURES, "area_id"),
    "comparison": TableRule(Seen.FIGURES, "area_id"),
    "signal": TableRule(Seen.FIGURES, "area_id"),
    "removed_value": TableRule(Seen.FIGURES, "area_id"),
    "closed_value": TableRule(Seen.FIGURES, "area_id"),
    "later_value": TableRule(Seen.DETAILS, "area_id"),
    "dirty_mark": TableRule(Seen.FIGURES, "writing_area_id"),
    "rollup_mark": TableRule(Seen.FIGURES, "area_id"),
    "comparison_mark": TableRule(Seen.FIGURES, "area_id"),
    "signal_mark": TableRule(Seen.FIGURES, "area_id"),
    "import_mapping": _OWNED,
    "pulled_source": _OWNED,
    "webhook": _OWNED,
    "webhook_message": _owned_part("webhook_message", "webhook", "webhook_id"),
    "webhook_delivery": _owned_part("webhook_delivery", "webhook", "webhook_id"),
    "api_key": _OWNED,
    "api_key_grant": _owned_part("api_key_grant", "api_key", "key_id"),
    "api_key_hash": TableRule(Seen.UNREADABLE),
    "audit_entry": TableRule(Seen.DETAILS, "area_id"),
    "audit_pending": TableRule(Seen.UNREADABLE),
    "audit_seal": TableRule(Seen.UNREADABLE),
    "audit_head": TableRule(Seen.UNREADABLE),
    "file_import": TableRule(Seen.DETAILS, "owner_area_id", "owner_area_id"),
    "file_import_piece": _import_part("file_import_piece"),
    "file_import_remark": _import_part("file_import_remark"),
    "upload": TableRule(Seen.DETAILS, "owner_area_id", "owner_area_id"),
    "upload_piece": TableRule(
        Seen.DETAILS,
        _part("upload", "upload_id", "owner_area_id", "upload_piece"),
        _part("upload", "upload_id", "owner_area_id", "upload_piece"),
    ),
    "person": TableRule(Seen.COORDINATES, "owner_area_id"),
    "person_contact": TableRule(Seen.COORDINATES, "owner_area_id"),
    "person_role": _of_person("person_role"),
    "sign_in_link": _of_person("sign_in_link", "person_id", "created_at", "valid_until", "used_at"),
    "web_session": _of_person("web_session", "person_id", "created_at", "valid_until"),
    "reminder": _of_person("reminder"),
    "taken_back_report": TableRule(Seen.UNREADABLE),
    "person_report": TableRule(
        Seen.DETAILS,
        _part("activity", "activity_id", "area_id", "person_report"),
        _part("activity", "activity_id", "owner_area_id", "person_report"),
    ),
}
# Marks are left by whoever changes a fact, wherever it counts.
MARKS = ("dirty_mark", "rollup_mark", "comparison_mark", "signal_mark")

# Unique keys without the area: whoever has the key of another's row is told that there is one. All are random, of 74
# bits and more, or hashes of such.
REVEALING_KEYS = {
    "pk_activity": "a UUID: whoever knows it was shown the activity, or guesses 74 random bits",
    "pk_observation": "a UUID",
    "pk_observation_revision": "refused before, by the observation that the caller must see",
    "pk_indicator_note": "a UUID",
    "pk_note_removal": "a UUID: who knows it was shown the note",
    "pk_closed_note": "a UUID",
    "pk_series_break": "a UUID",
    "pk_file_import": "a UUID",
    "pk_file_import_piece": "refused before, by the import that must be the caller's",
    "pk_file_import_remark": "numbers that PostgreSQL counts: how many remarks there are in all, of whomever",
    "pk_upload": "a UUID",
    "pk_upload_piece": "refused before, by the upload that must be the caller's",
    "pk_webhook": "a UUID",
    "pk_webhook_message": "a UUID",
    "pk_webhook_delivery": "a UUID",
    "pk_ancestor_set_total": "the API may not write it",
    "pk_api_key": "a UUID",
    "pk_api_key_grant": "refused before, by the key, which must be the caller's",
    "pk_api_key_hash": "a hash of 256 random bits",
    "uq_api_key_hash_key_id": "refused before, by the key, which must be the caller's",
    "pk_audit_entry": "the API may not write it",
    "pk_audit_pending": "numbers that PostgreSQL counts",
    "pk_audit_seal": "the API may not write it",
    "pk_audit_head": "the API may not write it",
    "pk_person": "a UUID",
    "uq_person_number": "numbers that PostgreSQL counts: how many people there are in all, of whomever",
    "pk_person_contact": "a UUID",
    "pk_person_role": "a UUID",
    "uq_person_role_person_id_role": "refused before, by the person, who must be the caller's",
    "pk_sign_in_link": "a hash of 256 random bits",
    "pk_web_session": "the API may not write it",
    "pk_reminder": "the API may not write it",
    "pk_taken_back_report": "the API may not write it",
    "pk_person_report": "refused before, by the activity that the caller must see",
    "pk_dirty_mark": "numbers that PostgreSQL counts, of marks that are gone in a moment",
    "pk_rollup_mark": "numbers that PostgreSQL counts, of marks that are gone in a moment",
    "pk_comparison_mark": "numbers that PostgreSQL counts, of marks that are gone in a moment",
    "pk_signal_mark": "numbers that PostgreSQL counts, of marks that are gone in a moment",
}
# Foreign keys to rows with policies, which PostgreSQL checks without them.
REVEALING_REFERENCES = {
    "fk_activity_duplicate_of_activity": "a UUID; through the API both activities must be the caller's",
    "fk_webhook_message_webhook_id_webhook": "refused before, by the webhook that must be the caller's",
    "fk_webhook_delivery_message_id_webhook_message": "a UUID, in a row of a webhook of the caller's own",
    "fk_observation_revision_observation_id_observation": "refused before, by the observation that the caller must see",
    "fk_file_import_piece_import_id_file_import": "refused before, by the import that must be the caller's",
    "fk_file_import_remark_import_id_file_import": "refused before, by the import that must be the caller's",
    "fk_upload_person_id_person": "a UUID",
    "fk_upload_piece_upload_id_upload": "refused before, by the upload that must be the caller's",
    "fk_api_key_grant_key_id_api_key": "refused before, by the key, which must be the caller's",
    "fk_api_key_hash_key_id_api_key": "refused before, by the key, which must be the caller's",
    "fk_person_contact_person_id_person": "a UUID",
    "fk_person_role_person_id_person": "refused before, by the person, who must be the caller's",
    "fk_sign_in_link_person_id_person": "refused before, by the person, who must be the caller's",
    "fk_web_session_person_id_person": "the API may not write it",
    "fk_reminder_person_id_person": "the API may not write it",
    "fk_person_report_activity_id_activity": "refused before, by the activity that the caller must see",
    "fk_person_report_person_id_person": "a UUID",
}
