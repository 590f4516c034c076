"""Every table, one file each, as SQLAlchemy Core: `select()` is the abstraction."""

from shared.db.tables.activity import activity
from shared.db.tables.agreement import agreement, agreement_area, annex, target
from shared.db.tables.agreement_period import (
    agreement_period,
    agreement_period_step,
    closed_area_period,
    closed_definition,
    closed_note,
    closed_value,
    later_value,
    ready_annex,
)
from shared.db.tables.api_key import api_key, api_key_grant, api_key_hash
from shared.db.tables.area import (
    ancestor_set,
    ancestor_set_member,
    area,
    area_ancestor_set,
    area_closure,
    area_edge,
    area_hierarchy,
    area_rhythm,
    boundary_change,
    reporting,
)
from shared.db.tables.area_role import area_role, term_month, term_span
from shared.db.tables.audit import audit_entry, audit_head, audit_pending, audit_seal
from shared.db.tables.calendar_day import calendar_day
from shared.db.tables.change import feed_epoch, removed_value
from shared.db.tables.commitment import commitment, commitment_area, commitment_progress
from shared.db.tables.cursor_secret import cursor_secret
from shared.db.tables.fact_removal import fact_removal
from shared.db.tables.file_import import file_import, file_import_piece, file_import_remark, import_mapping
from shared.db.tables.indicator_note import indicator_note, note_removal
from shared.db.tables.indicator_value import ancestor_set_total, cell, comparison, indicator_series, indicator_value
from shared.db.tables.mark import comparison_mark, day_rollover, dirty_mark, postponed_scope, rollup_mark, signal_mark
from shared.db.tables.metadata import metadata
from shared.db.tables.municipal_definition import municipal_definition, municipal_definition_area
from shared.db.tables.observation import observation, observation_revision
from shared.db.tables.open_data_catalogue import open_data_catalogue
from shared.db.tables.person import (
    person,
    person_contact,
    person_report,
    person_role,
    sign_in_link,
    web_session,
)
from shared.db.tables.promise_page import promise_page
from shared.db.tables.pulled_source import pulled_source
from shared.db.tables.reminder import reminder
from shared.db.tables.series_break import series_break
from shared.db.tables.signal import signal
from shared.db.tables.upload import upload, upload_piece
from shared.db.tables.webhook import webhook, webhook_delivery, webhook_message

__all__ = [
    "activity",
    "agreement",
    "agreement_area",
    "agreement_period",
    "agreement_period_step",
    "ancestor_set",
    "ancestor_set_member",
    "ancestor_set_total",
    "annex",
    "api_key",
    "api_key_grant",
    "api_key_hash",
    "area",
    "area_ancestor_set",
    "area_closure",
    "area_edge",
    "area_hierarchy",
    "area_rhythm",
    "area_role",
    "audit_entry",
    "audit_head",
    "audit_pending",
    "audit_seal",
    "boundary_change",
    "calendar_day",
    "cell",
    "closed_area_period",
    "closed_definition",
    "closed_note",
    "closed_value",
    "commitment",
    "commitment_area",
    "commitment_progress",
    "comparison",
    "comparison_mark",
    "cursor_secret",
    "day_rollover",
    "dirty_mark",
    "fact_removal",
    "feed_epoch",
    "file_import",
    "file_import_piece",
    "file_import_remark",
    "import_mapping",
    "indicator_note",
    "indicator_series",
    "indicator_value",
    "later_value",
    "metadata",
    "municipal_definition",
    "municipal_definition_area",
    "note_removal",
    "observation",
    "observation_revision",
    "open_data_catalogue",
    "person",
    "person_contact",
    "person_report",
    "person_role",
    "postponed_scope",
    "promise_page",
    "pulled_source",
    "ready_annex",
    "reminder",
    "removed_value",
    "reporting",
    "rollup_mark",
    "series_break",
    "sign_in_link",
    "signal",
    "signal_mark",
    "target",
    "term_month",
    "term_span",
    "upload",
    "upload_piece",
    "web_session",
    "webhook",
    "webhook_delivery",
    "webhook_message",
]
