"""What every annex asks for: roles, terms, observations, commitments, notes, own definitions, comparisons."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A lock not had at once would make every later query wait behind this one.
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "comparison",
        sa.Column("series_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("area_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("period_type", sa.Text(), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("numerator", sa.Numeric(), nullable=True),
        sa.Column("denominator", sa.Numeric(), nullable=True),
        sa.Column("beside", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("series_id", "area_id", "period_type", "period_start", name=op.f("pk_comparison")),
    )
    op.create_table(
        "comparison_mark",
        sa.Column("mark_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("series_id", sa.SmallInteger(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("mark_id", name=op.f("pk_comparison_mark")),
    )
    op.create_table(
        "turned_day",
        sa.Column("is_only", sa.Boolean(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.CheckConstraint("is_only", name=op.f("ck_turned_day_is_only")),
        sa.PrimaryKeyConstraint("is_only", name=op.f("pk_turned_day")),
    )
    op.create_table(
        "area_role",
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("valid", postgresql.DATERANGE(), nullable=False),
        sa.Column("need", sa.SmallInteger(), nullable=True),
        sa.CheckConstraint("NOT isempty(valid) AND NOT lower_inf(valid)", name=op.f("ck_area_role_valid")),
        sa.CheckConstraint("need >= 0", name=op.f("ck_area_role_need")),
        sa.ForeignKeyConstraint(["area_id"], ["area.area_id"], name=op.f("fk_area_role_area_id_area")),
        sa.PrimaryKeyConstraint("area_id", "role", "valid", name=op.f("pk_area_role")),
    )
    op.create_index("ix_area_role_role", "area_role", ["role", "area_id"], unique=False)
    op.create_table(
        "boundary_change",
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["area.area_id"], name=op.f("fk_boundary_change_area_id_area")),
        sa.PrimaryKeyConstraint("area_id", "day", name=op.f("pk_boundary_change")),
    )
    op.create_table(
        "indicator_note",
        sa.Column("note_id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("indicator_code", sa.Text(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("period_type", sa.Text(), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("noted_on", sa.Date(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_by", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["area.area_id"], name=op.f("fk_indicator_note_area_id_area")),
        sa.PrimaryKeyConstraint("note_id", name=op.f("pk_indicator_note")),
    )
    op.create_index(
        "ix_indicator_note_area_id", "indicator_note", ["area_id", "indicator_code", "period_start"], unique=False
    )
    op.create_table(
        "observation",
        sa.Column("observation_id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), server_default="", nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("period_type", sa.Text(), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("numerator", sa.Numeric(), nullable=True),
        sa.Column("denominator", sa.Numeric(), nullable=True),
        sa.Column("status", sa.Text(), server_default="observed", nullable=False),
        sa.Column("finality", sa.Text(), server_default="preliminary", nullable=False),
        sa.Column("published_on", sa.Date(), nullable=True),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("(status = 'observed') = (numerator IS NOT NULL)", name=op.f("ck_observation_numerator")),
        sa.CheckConstraint("finality IN ('preliminary', 'final')", name=op.f("ck_observation_finality")),
        sa.CheckConstraint("period_type IN ('month', 'tertial', 'year')", name=op.f("ck_observation_period_type")),
        sa.CheckConstraint(
            "status IN ('observed', 'missing', 'confidential', 'notApplicable')", name=op.f("ck_observation_status")
        ),
        sa.ForeignKeyConstraint(["area_id"], ["area.area_id"], name=op.f("fk_observation_area_id_area")),
        sa.PrimaryKeyConstraint("observation_id", name=op.f("pk_observation")),
    )
    op.create_index(
        "ix_observation_measure_period_start", "observation", ["measure", "period_start", "area_id"], unique=False
    )
    op.create_index(
        "uq_observation_key",
        "observation",
        ["source", "measure", "code", "area_id", "period_type", "period_start"],
        unique=True,
    )
    op.create_table(
        "own_definition",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind IN ('activityType', 'indicator')", name=op.f("ck_own_definition_kind")),
        sa.ForeignKeyConstraint(["owner_id"], ["area.area_id"], name=op.f("fk_own_definition_owner_id_area")),
        sa.PrimaryKeyConstraint("kind", "code", "version", name=op.f("pk_own_definition")),
    )
    op.create_table(
        "term_month",
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("working_days", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["area.area_id"], name=op.f("fk_term_month_area_id_area")),
        sa.PrimaryKeyConstraint("area_id", "month", name=op.f("pk_term_month")),
        comment="derived from term_span and calendar_day",
    )
    op.create_table(
        "term_span",
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("valid", postgresql.DATERANGE(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "NOT isempty(valid) AND NOT lower_inf(valid) AND NOT upper_inf(valid)", name=op.f("ck_term_span_valid")
        ),
        sa.ForeignKeyConstraint(["area_id"], ["area.area_id"], name=op.f("fk_term_span_area_id_area")),
        sa.PrimaryKeyConstraint("area_id", "valid", name=op.f("pk_term_span")),
    )
    op.create_table(
        "commitment",
        sa.Column("commitment_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("agreement_id", sa.Integer(), nullable=False),
        sa.Column("annex_number", sa.SmallInteger(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("is_promise", sa.Boolean(), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("wording_en", sa.Text(), nullable=True),
        sa.Column("times", sa.SmallInteger(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("withdrawn_on", sa.Date(), nullable=True),
        sa.CheckConstraint("times >= 1", name=op.f("ck_commitment_times")),
        sa.ForeignKeyConstraint(
            ["agreement_id", "annex_number"],
            ["annex.agreement_id", "annex.number"],
            name=op.f("fk_commitment_agreement_id_annex_number_annex"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["agreement_id"],
            ["agreement.agreement_id"],
            name=op.f("fk_commitment_agreement_id_agreement"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("commitment_id", name=op.f("pk_commitment")),
        sa.UniqueConstraint("agreement_id", "code", name=op.f("uq_commitment_agreement_id_code")),
    )
    op.create_table(
        "observation_revision",
        sa.Column("observation_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("numerator", sa.Numeric(), nullable=True),
        sa.Column("denominator", sa.Numeric(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("finality", sa.Text(), nullable=False),
        sa.Column("published_on", sa.Date(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["observation_id"],
            ["observation.observation_id"],
            name=op.f("fk_observation_revision_observation_id_observation"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("observation_id", "revision", name=op.f("pk_observation_revision")),
    )
    op.create_table(
        "commitment_area",
        sa.Column("commitment_id", sa.Integer(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("done", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["area.area_id"], name=op.f("fk_commitment_area_area_id_area")),
        sa.ForeignKeyConstraint(
            ["commitment_id"],
            ["commitment.commitment_id"],
            name=op.f("fk_commitment_area_commitment_id_commitment"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("commitment_id", "area_id", name=op.f("pk_commitment_area")),
    )
    op.add_column("activity", sa.Column("commitment_id", sa.Integer(), nullable=True))
    op.add_column("activity", sa.Column("duplicate_of", sa.Uuid(), nullable=True))
    op.create_index(
        "ix_activity_commitment_id",
        "activity",
        ["commitment_id"],
        unique=False,
        postgresql_where=sa.text("commitment_id IS NOT NULL"),
    )
    op.create_index(
        "ix_activity_duplicate_of",
        "activity",
        ["duplicate_of"],
        unique=False,
        postgresql_where=sa.text("duplicate_of IS NOT NULL"),
    )
    op.create_foreign_key(
        op.f("fk_activity_commitment_id_commitment"), "activity", "commitment", ["commitment_id"], ["commitment_id"]
    )
    op.create_foreign_key(
        op.f("fk_activity_duplicate_of_activity"), "activity", "activity", ["duplicate_of"], ["activity_id"]
    )
    op.add_column("atom", sa.Column("in_local_police_area", sa.Boolean(), server_default="false", nullable=False))
    op.alter_column("dirty_mark", "activity_type", new_column_name="fact")
    op.add_column("indicator_series", sa.Column("over_time", sa.Text(), nullable=False, server_default="sum"))
    op.add_column("indicator_series", sa.Column("is_share", sa.Boolean(), nullable=False, server_default="false"))
    op.add_column("indicator_series", sa.Column("valid", postgresql.DATERANGE(), server_default="(,)", nullable=False))
    op.add_column("indicator_series", sa.Column("expected_role", sa.Text(), nullable=True))
    op.add_column("indicator_series", sa.Column("measure", sa.Text(), nullable=True))
    op.add_column("indicator_series", sa.Column("owner_id", sa.Integer(), nullable=True))
    op.create_foreign_key(
        op.f("fk_indicator_series_owner_id_area"), "indicator_series", "area", ["owner_id"], ["area_id"]
    )
    op.add_column("indicator_value", sa.Column("not_placed", sa.Numeric(), nullable=True))
    op.add_column("indicator_value", sa.Column("status", sa.Text(), nullable=False, server_default="missing"))
    op.add_column("indicator_value", sa.Column("finality", sa.Text(), server_default="preliminary", nullable=False))
    op.add_column(
        "indicator_value", sa.Column("definition_version", sa.SmallInteger(), server_default="1", nullable=False)
    )
    op.add_column("indicator_value", sa.Column("months_arrived", sa.SmallInteger(), nullable=True))

    op.drop_constraint(op.f("ck_area_kind"), "area", type_="check")
    op.create_check_constraint(
        op.f("ck_area_kind"),
        "area",
        "kind IN ('country', 'county', 'municipality', 'district', 'place',"
        " 'police-region', 'police-district', 'local-police-area', 'vulnerable-area')",
    )
    # What the figures kept so far say of themselves; the defaults are only for these rows.
    op.execute(
        "UPDATE indicator_series SET is_share = unit = 'percent',"
        " over_time = CASE WHEN kind = 'distinct' THEN 'distinct' ELSE 'sum' END"
    )
    op.execute(
        "UPDATE indicator_value AS value"
        " SET status = CASE WHEN is_share THEN CASE WHEN denominator > 0 THEN 'observed' ELSE 'missing' END"
        " WHEN numerator IS NULL THEN 'missing' WHEN numerator = 0 THEN 'zero' ELSE 'observed' END,"
        " definition_version = series.definition_version"
        " FROM indicator_series AS series WHERE series.series_id = value.series_id"
    )
    op.alter_column("indicator_series", "over_time", server_default=None)
    op.alter_column("indicator_series", "is_share", server_default=None)
    op.alter_column("indicator_value", "status", server_default=None)
    op.execute(
        "ALTER TABLE comparison_mark SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000)"
    )
    op.execute("ALTER TABLE comparison SET (fillfactor = 80)")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_constraint(op.f("ck_area_kind"), "area", type_="check")
    op.create_check_constraint(
        op.f("ck_area_kind"), "area", "kind IN ('country', 'county', 'municipality', 'district', 'place')"
    )
    op.drop_column("indicator_value", "months_arrived")
    op.drop_column("indicator_value", "definition_version")
    op.drop_column("indicator_value", "finality")
    op.drop_column("indicator_value", "status")
    op.drop_column("indicator_value", "not_placed")
    op.drop_constraint(op.f("fk_indicator_series_owner_id_area"), "indicator_series", type_="foreignkey")
    op.drop_column("indicator_series", "owner_id")
    op.drop_column("indicator_series", "measure")
    op.drop_column("indicator_series", "expected_role")
    op.drop_column("indicator_series", "valid")
    op.drop_column("indicator_series", "is_share")
    op.drop_column("indicator_series", "over_time")
    op.alter_column("dirty_mark", "fact", new_column_name="activity_type")
    op.drop_column("atom", "in_local_police_area")
    op.drop_constraint(op.f("fk_activity_duplicate_of_activity"), "activity", type_="foreignkey")
    op.drop_constraint(op.f("fk_activity_commitment_id_commitment"), "activity", type_="foreignkey")
    op.drop_index(
        "ix_activity_duplicate_of", table_name="activity", postgresql_where=sa.text("duplicate_of IS NOT NULL")
    )
    op.drop_index(
        "ix_activity_commitment_id", table_name="activity", postgresql_where=sa.text("commitment_id IS NOT NULL")
    )
    op.drop_column("activity", "duplicate_of")
    op.drop_column("activity", "commitment_id")
    op.drop_table("commitment_area")
    op.drop_table("observation_revision")
    op.drop_table("commitment")
    op.drop_table("term_span")
    op.drop_table("term_month")
    op.drop_table("own_definition")
    op.drop_index("uq_observation_key", table_name="observation")
    op.drop_index("ix_observation_measure_period_start", table_name="observation")
    op.drop_table("observation")
    op.drop_index("ix_indicator_note_area_id", table_name="indicator_note")
    op.drop_table("indicator_note")
    op.drop_table("boundary_change")
    op.drop_index("ix_area_role_role", table_name="area_role")
    op.drop_table("area_role")
    op.drop_table("turned_day")
    op.drop_table("comparison_mark")
    op.drop_table("comparison")
