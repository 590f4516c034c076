"""Every table, one file each, as SQLAlchemy Core: `select()` is the abstraction."""

from shared.db.tables.activity import activity
from shared.db.tables.activity_import import activity_import, activity_import_remark, import_mapping
from shared.db.tables.agreement import agreement, agreement_area, annex, target
from shared.db.tables.api_key import api_key
from shared.db.tables.area import area, area_atom, area_closure, area_edge, atom, atom_ancestor, reporting, structure
from shared.db.tables.calendar_day import calendar_day
from shared.db.tables.dirty import dirty_mark, postponed_scope, rollup_mark
from shared.db.tables.indicator_value import atom_figure, cell, indicator_series, indicator_value
from shared.db.tables.metadata import metadata

__all__ = [
    "activity",
    "activity_import",
    "activity_import_remark",
    "agreement",
    "agreement_area",
    "annex",
    "api_key",
    "area",
    "area_atom",
    "area_closure",
    "area_edge",
    "atom",
    "atom_ancestor",
    "atom_figure",
    "calendar_day",
    "cell",
    "dirty_mark",
    "import_mapping",
    "indicator_series",
    "indicator_value",
    "metadata",
    "postponed_scope",
    "reporting",
    "rollup_mark",
    "structure",
    "target",
]
