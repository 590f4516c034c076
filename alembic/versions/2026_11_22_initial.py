"""The tables, as they were when this started."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A lock not had at once would make every later query wait behind this one.
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "activity_import",
        sa.Column("import_id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("mapping_code", sa.Text(), nullable=True),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Text(), server_default="running", nullable=False),
        sa.Column("rows", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created", sa.Integer(), server_default="0", nullable=False),
        sa.Column("updated", sa.Integer(), server_default="0", nullable=False),
        sa.Column("unchanged", sa.Integer(), server_default="0", nullable=False),
        sa.Column("superseded", sa.Integer(), server_default="0", nullable=False),
        sa.Column("outdated", sa.Integer(), server_default="0", nullable=False),
        sa.Column("refused", sa.Integer(), server_default="0", nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("import_id", name=op.f("pk_activity_import")),
    )
    op.create_table(
        "agreement",
        sa.Column("agreement_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("case_number", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("valid", postgresql.DATERANGE(), nullable=False),
        sa.Column("succeeds_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "NOT isempty(valid) AND NOT upper_inf(valid) AND NOT lower_inf(valid)", name=op.f("ck_agreement_valid")
        ),
        sa.ForeignKeyConstraint(
            ["succeeds_id"], ["agreement.agreement_id"], name=op.f("fk_agreement_succeeds_id_agreement")
        ),
        sa.PrimaryKeyConstraint("agreement_id", name=op.f("pk_agreement")),
        sa.UniqueConstraint("code", name=op.f("uq_agreement_code")),
    )
    op.create_table(
        "api_key",
        sa.Column("key_id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_api_key_key_hash")),
    )
    op.create_table(
        "area",
        sa.Column("area_id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("place_kind", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=True),
        sa.Column("valid", postgresql.DATERANGE(), nullable=False),
        sa.Column("home_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("(kind = 'place') = (place_kind IS NOT NULL)", name=op.f("ck_area_place_kind")),
        sa.CheckConstraint(
            "kind IN ('country', 'county', 'municipality', 'district', 'place')", name=op.f("ck_area_kind")
        ),
        sa.CheckConstraint("NOT isempty(valid)", name=op.f("ck_area_valid")),
        sa.ForeignKeyConstraint(["home_id"], ["area.area_id"], name=op.f("fk_area_home_id_area")),
        sa.PrimaryKeyConstraint("area_id", name=op.f("pk_area")),
        sa.UniqueConstraint("code", name=op.f("uq_area_code")),
    )
    op.create_table(
        "atom_figure",
        sa.Column("series_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("atom_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("numerator", sa.Numeric(), nullable=True),
        sa.Column("denominator", sa.Numeric(), nullable=True),
        sa.Column("left_out", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("series_id", "atom_id", "month", name=op.f("pk_atom_figure")),
    )
    op.create_table(
        "calendar_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("is_working", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_calendar_day")),
    )
    op.create_index(
        "ix_calendar_day_ordinal", "calendar_day", ["ordinal"], unique=True, postgresql_where=sa.text("is_working")
    )
    op.create_table(
        "cell",
        sa.Column("series_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("area_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("atom_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("numerator", sa.Numeric(), nullable=True),
        sa.Column("denominator", sa.Numeric(), nullable=True),
        sa.Column("left_out", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("series_id", "area_id", "month", "atom_id", name=op.f("pk_cell")),
    )
    op.create_index(
        "ix_cell_atom_id_series_id_month",
        "cell",
        ["atom_id", "series_id", "month"],
        unique=False,
        postgresql_include=["area_id", "numerator", "denominator", "left_out"],
    )
    op.create_table(
        "dirty_mark",
        sa.Column("mark_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=True),
        sa.Column("month", sa.Date(), nullable=True),
        sa.Column("activity_type", sa.Text(), nullable=True),
        sa.Column("ripens_on", sa.Date(), nullable=False),
        sa.Column("marked_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("mark_id", name=op.f("pk_dirty_mark")),
    )
    op.create_index(
        "ix_dirty_mark_ripens_on_owner_id_year", "dirty_mark", ["ripens_on", "owner_id", "year"], unique=False
    )
    op.create_table(
        "import_mapping",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("mapping", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_import_mapping")),
    )
    op.create_table(
        "indicator_series",
        sa.Column("series_id", sa.SmallInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("indicator_code", sa.Text(), nullable=False),
        sa.Column("slice", sa.Text(), server_default="all", nullable=False),
        sa.Column("definition_version", sa.SmallInteger(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("factor", sa.Integer(), nullable=False),
        sa.Column("themes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("series_id", name=op.f("pk_indicator_series")),
        sa.UniqueConstraint("indicator_code", "slice", name=op.f("uq_indicator_series_indicator_code_slice")),
    )
    op.create_table(
        "indicator_value",
        sa.Column("series_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("area_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("period_type", sa.Text(), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("numerator", sa.Numeric(), nullable=True),
        sa.Column("denominator", sa.Numeric(), nullable=True),
        sa.Column("left_out", sa.Integer(), nullable=False),
        sa.Column("targets", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("computed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("series_id", "area_id", "period_type", "period_start", name=op.f("pk_indicator_value")),
    )
    op.create_table(
        "postponed_scope",
        sa.Column("owner_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("year", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "year", name=op.f("pk_postponed_scope")),
    )
    op.create_table(
        "rollup_mark",
        sa.Column("mark_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("series_id", sa.SmallInteger(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("marked_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("mark_id", name=op.f("pk_rollup_mark")),
    )
    op.create_table(
        "structure",
        sa.Column("is_only", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("is_only", name=op.f("ck_structure_is_only")),
        sa.PrimaryKeyConstraint("is_only", name=op.f("pk_structure")),
    )
    op.create_table(
        "activity_import_remark",
        sa.Column("remark_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("remedy", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["activity_import.import_id"],
            name=op.f("fk_activity_import_remark_import_id_activity_import"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("remark_id", name=op.f("pk_activity_import_remark")),
    )
    op.create_index(
        "ix_activity_import_remark_import_id_row", "activity_import_remark", ["import_id", "row"], unique=False
    )
    op.create_table(
        "agreement_area",
        sa.Column("agreement_id", sa.Integer(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agreement_id"],
            ["agreement.agreement_id"],
            name=op.f("fk_agreement_area_agreement_id_agreement"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["area_id"], ["area.area_id"], name=op.f("fk_agreement_area_area_id_area")),
        sa.PrimaryKeyConstraint("agreement_id", "area_id", name=op.f("pk_agreement_area")),
    )
    op.create_table(
        "annex",
        sa.Column("agreement_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("theme", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("title_en", sa.Text(), nullable=True),
        sa.Column("valid", postgresql.DATERANGE(), nullable=False),
        sa.Column("purpose", sa.Text(), server_default="", nullable=False),
        sa.Column("goals", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("actions", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("follow_up", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.CheckConstraint("NOT isempty(valid)", name=op.f("ck_annex_valid")),
        sa.ForeignKeyConstraint(
            ["agreement_id"],
            ["agreement.agreement_id"],
            name=op.f("fk_annex_agreement_id_agreement"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("agreement_id", "number", name=op.f("pk_annex")),
    )
    op.create_table(
        "area_closure",
        sa.Column("descendant_id", sa.Integer(), nullable=False),
        sa.Column("ancestor_id", sa.Integer(), nullable=False),
        sa.Column("valid", postgresql.DATERANGE(), nullable=False),
        sa.ForeignKeyConstraint(["ancestor_id"], ["area.area_id"], name=op.f("fk_area_closure_ancestor_id_area")),
        sa.ForeignKeyConstraint(["descendant_id"], ["area.area_id"], name=op.f("fk_area_closure_descendant_id_area")),
        sa.PrimaryKeyConstraint("descendant_id", "ancestor_id", "valid", name=op.f("pk_area_closure")),
    )
    op.create_index("ix_area_closure_ancestor_id", "area_closure", ["ancestor_id"], unique=False)
    op.create_table(
        "area_edge",
        sa.Column("child_id", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=False),
        sa.Column("valid", postgresql.DATERANGE(), nullable=False),
        sa.CheckConstraint("NOT isempty(valid)", name=op.f("ck_area_edge_valid")),
        sa.CheckConstraint("child_id <> parent_id", name=op.f("ck_area_edge_distinct")),
        sa.ForeignKeyConstraint(["child_id"], ["area.area_id"], name=op.f("fk_area_edge_child_id_area")),
        sa.ForeignKeyConstraint(["parent_id"], ["area.area_id"], name=op.f("fk_area_edge_parent_id_area")),
        sa.PrimaryKeyConstraint("child_id", "parent_id", "valid", name=op.f("pk_area_edge")),
    )
    op.create_index("ix_area_edge_parent_id", "area_edge", ["parent_id"], unique=False)
    op.create_table(
        "atom",
        sa.Column("atom_id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("ancestors", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["area.area_id"], name=op.f("fk_atom_owner_id_area")),
        sa.PrimaryKeyConstraint("atom_id", name=op.f("pk_atom")),
        sa.UniqueConstraint("ancestors", name=op.f("uq_atom_ancestors")),
    )
    op.create_table(
        "reporting",
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("theme", sa.Text(), nullable=False),
        sa.Column("valid", postgresql.DATERANGE(), nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["area.area_id"], name=op.f("fk_reporting_area_id_area")),
        sa.PrimaryKeyConstraint("area_id", "theme", "valid", name=op.f("pk_reporting")),
        comment="derived from agreement, annex and area_closure",
    )
    op.create_table(
        "activity",
        sa.Column("activity_id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("source_version", sa.BigInteger(), nullable=True),
        sa.Column("source_changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("activity_type", sa.Text(), nullable=False),
        sa.Column("agreement_id", sa.Integer(), nullable=False),
        sa.Column("annex_number", sa.SmallInteger(), nullable=True),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("start_on", sa.Date(), nullable=True),
        sa.Column("end_on", sa.Date(), nullable=True),
        sa.Column("reported_on", sa.Date(), nullable=True),
        sa.Column("police_reported_on", sa.Date(), nullable=True),
        sa.Column("completed_on", sa.Date(), nullable=True),
        sa.Column("start_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("police_reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("period_on", sa.Date(), nullable=True),
        sa.Column("participants_residents", sa.Integer(), nullable=True),
        sa.Column("participants_pupils", sa.Integer(), nullable=True),
        sa.Column("participants_parents", sa.Integer(), nullable=True),
        sa.Column("participants_principals", sa.Integer(), nullable=True),
        sa.Column("participants_student_health_staff", sa.Integer(), nullable=True),
        sa.Column("participants_other_school_staff", sa.Integer(), nullable=True),
        sa.Column("participants_social_services", sa.Integer(), nullable=True),
        sa.Column("participants_municipality", sa.Integer(), nullable=True),
        sa.Column("participants_police", sa.Integer(), nullable=True),
        sa.Column("participants_property_owners", sa.Integer(), nullable=True),
        sa.Column("participants_volunteers", sa.Integer(), nullable=True),
        sa.Column("participants_associations", sa.Integer(), nullable=True),
        sa.Column("participants_businesses", sa.Integer(), nullable=True),
        sa.Column("participants_other", sa.Integer(), nullable=True),
        sa.Column("cost", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("attributes", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=True),
        sa.Column("import_row", sa.Integer(), nullable=True),
        sa.CheckConstraint("status IN ('planned', 'performed', 'cancelled')", name=op.f("ck_activity_status")),
        sa.ForeignKeyConstraint(
            ["agreement_id", "annex_number"],
            ["annex.agreement_id", "annex.number"],
            name=op.f("fk_activity_agreement_id_annex_number_annex"),
        ),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["agreement.agreement_id"], name=op.f("fk_activity_agreement_id_agreement")
        ),
        sa.ForeignKeyConstraint(["area_id"], ["area.area_id"], name=op.f("fk_activity_area_id_area")),
        sa.PrimaryKeyConstraint("activity_id", name=op.f("pk_activity")),
    )
    op.create_index("ix_activity_agreement_id", "activity", ["agreement_id", "annex_number"], unique=False)
    op.create_index(
        "ix_activity_area_id_case_on",
        "activity",
        ["area_id", sa.literal_column("coalesce(reported_on, period_on)")],
        unique=False,
    )
    op.create_index("ix_activity_area_id_period_on", "activity", ["area_id", "period_on"], unique=False)
    op.create_index("uq_activity_source_external_id", "activity", ["source", "external_id"], unique=True)
    op.create_table(
        "area_atom",
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("valid", postgresql.DATERANGE(), nullable=False),
        sa.Column("atom_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["area.area_id"], name=op.f("fk_area_atom_area_id_area")),
        sa.ForeignKeyConstraint(["atom_id"], ["atom.atom_id"], name=op.f("fk_area_atom_atom_id_atom")),
        sa.PrimaryKeyConstraint("area_id", "valid", name=op.f("pk_area_atom")),
    )
    op.create_table(
        "atom_ancestor",
        sa.Column("ancestor_id", sa.Integer(), nullable=False),
        sa.Column("atom_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["ancestor_id"], ["area.area_id"], name=op.f("fk_atom_ancestor_ancestor_id_area")),
        sa.ForeignKeyConstraint(["atom_id"], ["atom.atom_id"], name=op.f("fk_atom_ancestor_atom_id_atom")),
        sa.PrimaryKeyConstraint("ancestor_id", "atom_id", name=op.f("pk_atom_ancestor")),
    )
    op.create_index("ix_atom_ancestor_atom_id", "atom_ancestor", ["atom_id"], unique=False)
    op.create_table(
        "target",
        sa.Column("target_id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("agreement_id", sa.Integer(), nullable=False),
        sa.Column("annex_number", sa.SmallInteger(), nullable=False),
        sa.Column("indicator_code", sa.Text(), nullable=False),
        sa.Column("slice", sa.Text(), server_default="all", nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("value", sa.Numeric(), nullable=True),
        sa.Column("upper_value", sa.Numeric(), nullable=True),
        sa.Column("per", sa.Text(), nullable=False),
        sa.Column("valid", postgresql.DATERANGE(), nullable=False),
        sa.Column("wording", sa.Text(), nullable=True),
        sa.CheckConstraint("per IN ('month', 'tertial', 'year')", name=op.f("ck_target_per")),
        sa.ForeignKeyConstraint(
            ["agreement_id", "annex_number"],
            ["annex.agreement_id", "annex.number"],
            name=op.f("fk_target_agreement_id_annex_number_annex"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["area_id"], ["area.area_id"], name=op.f("fk_target_area_id_area")),
        sa.PrimaryKeyConstraint("target_id", name=op.f("pk_target")),
    )
    op.create_index("ix_target_agreement_id", "target", ["agreement_id"], unique=False)
    op.create_index("ix_target_area_id", "target", ["area_id"], unique=False)

    for queue in ("dirty_mark", "rollup_mark"):
        # Filled and emptied all day: the dead rows must go long before they are a share of the table.
        op.execute(f"ALTER TABLE {queue} SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000)")
    # Room on each page for the next version of a figure, so that a change touches no index.
    op.execute("ALTER TABLE indicator_value SET (fillfactor = 80)")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index("ix_target_area_id", table_name="target")
    op.drop_index("ix_target_agreement_id", table_name="target")
    op.drop_table("target")
    op.drop_index("ix_atom_ancestor_atom_id", table_name="atom_ancestor")
    op.drop_table("atom_ancestor")
    op.drop_table("area_atom")
    op.drop_index("uq_activity_source_external_id", table_name="activity")
    op.drop_index("ix_activity_area_id_period_on", table_name="activity")
    op.drop_index("ix_activity_area_id_case_on", table_name="activity")
    op.drop_index("ix_activity_agreement_id", table_name="activity")
    op.drop_table("activity")
    op.drop_table("reporting")
    op.drop_table("atom")
    op.drop_index("ix_area_edge_parent_id", table_name="area_edge")
    op.drop_table("area_edge")
    op.drop_index("ix_area_closure_ancestor_id", table_name="area_closure")
    op.drop_table("area_closure")
    op.drop_table("annex")
    op.drop_table("agreement_area")
    op.drop_index("ix_activity_import_remark_import_id_row", table_name="activity_import_remark")
    op.drop_table("activity_import_remark")
    op.drop_table("structure")
    op.drop_table("rollup_mark")
    op.drop_table("postponed_scope")
    op.drop_table("indicator_value")
    op.drop_table("indicator_series")
    op.drop_table("import_mapping")
    op.drop_index("ix_dirty_mark_ripens_on_owner_id_year", table_name="dirty_mark")
    op.drop_table("dirty_mark")
    op.drop_index(
        "ix_cell_atom_id_series_id_month",
        table_name="cell",
        postgresql_include=["area_id", "numerator", "denominator", "left_out"],
    )
    op.drop_table("cell")
    op.drop_index("ix_calendar_day_ordinal", table_name="calendar_day", postgresql_where=sa.text("is_working"))
    op.drop_table("calendar_day")
    op.drop_table("atom_figure")
    op.drop_table("area")
    op.drop_table("api_key")
    op.drop_table("agreement")
    op.drop_table("activity_import")
