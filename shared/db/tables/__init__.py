"""Every table, one file each, as SQLAlchemy Core: `select()` is the abstraction."""

from shared.db.tables.activity import activity
from shared.db.tables.agreement import agreement, agreement_area, annex, target
from shared.db.tables.api_key import api_key
from shared.db.tables.area import (
    area,
    area_atom,
    area_closure,
    area_edge,
    atom,
    atom_ancestor,
    boundary_change,
    reporting,
    structure,
)
from shared.db.tables.area_role import area_role, term_month, term_span
from shared.db.tables.calendar_day import calendar_day
from shared.db.tables.change import feed_origin, removed_value
from shared.db.tables.commitment import commitment, commitment_area, commitment_progress
from shared.db.tables.file_import import file_import, file_import_piece, file_import_remark, import_mapping
from shared.db.tables.indicator_note import indicator_note
from shared.db.tables.indicator_value import atom_figure, cell, comparison, indicator_series, indicator_value
from shared.db.tables.mark import comparison_mark, dirty_mark, postponed_scope, rollup_mark, turned_day
from shared.db.tables.metadata import metadata
from shared.db.tables.municipal_definition import own_definition
from shared.db.tables.observation import observation, observation_revision
from shared.db.tables.pulled_source import pulled_source
from shared.db.tables.webhook import webhook, webhook_delivery, webhook_message

__all__ = [
    "activity",
    "agreement",
    "agreement_area",
    "annex",
    "api_key",
    "area",
    "area_atom",
    "area_closure",
    "area_edge",
    "area_role",
    "atom",
    "atom_ancestor",
    "atom_figure",
    "boundary_change",
    "calendar_day",
    "cell",
    "commitment",
    "commitment_area",
    "commitment_progress",
    "comparison",
    "comparison_mark",
    "dirty_mark",
    "feed_origin",
    "file_import",
    "file_import_piece",
    "file_import_remark",
    "import_mapping",
    "indicator_note",
    "indicator_series",
    "indicator_value",
    "metadata",
    "observation",
    "observation_revision",
    "own_definition",
    "postponed_scope",
    "pulled_source",
    "removed_value",
    "reporting",
    "rollup_mark",
    "structure",
    "target",
    "term_month",
    "term_span",
    "turned_day",
    "webhook",
    "webhook_delivery",
    "webhook_message",
]
