"""Tables and columns carry the terms of the glossary; every row stays as it is."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TABLES = {
    "atom": "ancestor_set",
    "area_atom": "area_ancestor_set",
    "atom_ancestor": "ancestor_set_member",
    "atom_figure": "ancestor_set_total",
    "feed_origin": "feed_epoch",
    "own_definition": "municipal_definition",
    "structure": "area_hierarchy",
    "turned_day": "day_rollover",
}
# By the table's new name. A mark and a scope belong to the area whose lock guards the figures that they change: the
# municipality, or the area itself outside all of them. A definition belongs to a municipality.
COLUMNS = {
    "area": {"home_id": "municipality_id"},
    "ancestor_set": {"atom_id": "ancestor_set_id", "owner_id": "writing_area_id"},
    "area_ancestor_set": {"atom_id": "ancestor_set_id"},
    "ancestor_set_member": {"atom_id": "ancestor_set_id"},
    "ancestor_set_total": {"atom_id": "ancestor_set_id"},
    "cell": {"atom_id": "ancestor_set_id"},
    "comparison": {"beside": "comparisons"},
    "dirty_mark": {"owner_id": "writing_area_id"},
    "file_import": {"told_at": "heartbeat_at", "unread": "unused_codes"},
    "indicator_series": {"owner_id": "defining_municipality_id"},
    "municipal_definition": {"owner_id": "defining_municipality_id"},
    "postponed_scope": {"owner_id": "writing_area_id"},
}
CONSTRAINTS = {
    "area": {"fk_area_home_id_area": "fk_area_municipality_id_area"},
    "ancestor_set": {
        "pk_atom": "pk_ancestor_set",
        "uq_atom_ancestors": "uq_ancestor_set_ancestors",
        "fk_atom_owner_id_area": "fk_ancestor_set_writing_area_id_area",
    },
    "area_ancestor_set": {
        "pk_area_atom": "pk_area_ancestor_set",
        "fk_area_atom_area_id_area": "fk_area_ancestor_set_area_id_area",
        "fk_area_atom_atom_id_atom": "fk_area_ancestor_set_ancestor_set_id_ancestor_set",
    },
    "ancestor_set_member": {
        "pk_atom_ancestor": "pk_ancestor_set_member",
        "fk_atom_ancestor_ancestor_id_area": "fk_ancestor_set_member_ancestor_id_area",
        "fk_atom_ancestor_atom_id_atom": "fk_ancestor_set_member_ancestor_set_id_ancestor_set",
    },
    "ancestor_set_total": {"pk_atom_figure": "pk_ancestor_set_total"},
    "area_hierarchy": {"pk_structure": "pk_area_hierarchy", "ck_structure_is_only": "ck_area_hierarchy_is_only"},
    "day_rollover": {"pk_turned_day": "pk_day_rollover", "ck_turned_day_is_only": "ck_day_rollover_is_only"},
    "feed_epoch": {"pk_feed_origin": "pk_feed_epoch", "ck_feed_origin_is_only": "ck_feed_epoch_is_only"},
    "indicator_series": {"fk_indicator_series_owner_id_area": "fk_indicator_series_defining_municipality_id_area"},
    "municipal_definition": {
        "pk_own_definition": "pk_municipal_definition",
        "ck_own_definition_kind": "ck_municipal_definition_kind",
        "fk_own_definition_owner_id_area": "fk_municipal_definition_defining_municipality_id_area",
    },
}
INDEXES = {
    "ix_atom_ancestor_atom_id": "ix_ancestor_set_member_ancestor_set_id",
    "ix_cell_atom_id_series_id_month": "ix_cell_ancestor_set_id_series_id_month",
    "ix_dirty_mark_ripens_on_owner_id_year": "ix_dirty_mark_ripens_on_writing_area_id_year",
    "ix_file_import_kept": "ix_file_import_queued",
    "ix_indicator_value_judged": "ix_indicator_value_with_targets",
}
SEQUENCES = {"atom_atom_id_seq": "ancestor_set_ancestor_set_id_seq"}


def upgrade() -> None:
    # A lock not had at once would make every later query wait behind this one.
    op.execute("SET LOCAL lock_timeout = '5s'")
    for old, new in TABLES.items():
        op.rename_table(old, new)
    for table, columns in COLUMNS.items():
        for old, new in columns.items():
            op.alter_column(table, old, new_column_name=new)
    for table, constraints in CONSTRAINTS.items():
        for old, new in constraints.items():
            op.execute(f"ALTER TABLE {table} RENAME CONSTRAINT {old} TO {new}")
    for old, new in INDEXES.items():
        op.execute(f"ALTER INDEX {old} RENAME TO {new}")
    for old, new in SEQUENCES.items():
        op.execute(f"ALTER SEQUENCE {old} RENAME TO {new}")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for old, new in SEQUENCES.items():
        op.execute(f"ALTER SEQUENCE {new} RENAME TO {old}")
    for old, new in INDEXES.items():
        op.execute(f"ALTER INDEX {new} RENAME TO {old}")
    for table, constraints in CONSTRAINTS.items():
        for old, new in constraints.items():
            op.execute(f"ALTER TABLE {table} RENAME CONSTRAINT {new} TO {old}")
    for table, columns in COLUMNS.items():
        for old, new in columns.items():
            op.alter_column(table, new, new_column_name=old)
    for old, new in TABLES.items():
        op.rename_table(new, old)
