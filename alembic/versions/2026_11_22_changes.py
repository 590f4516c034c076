"""What is told to others: the order of changes, tombstones, subscriptions and deliveries."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.db.tables.xid8 import Xid8

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# A series that was dropped before its values would leave tombstones without a name: these are refused.
REMEMBER_REMOVED_VALUES = """
CREATE FUNCTION remember_removed_values() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO removed_value AS kept (series_id, area_id, period_type, period_start, indicator_code, slice, revision,
                                       change_number)
    SELECT series_id, area_id, period_type, period_start, indicator_code, slice, revision,
           nextval('indicator_value_change_number_seq')
    FROM gone LEFT JOIN indicator_series USING (series_id)
    ON CONFLICT (series_id, area_id, period_type, period_start) DO UPDATE
    SET indicator_code = excluded.indicator_code, slice = excluded.slice, revision = excluded.revision,
        removed_at = excluded.removed_at, changed_in = excluded.changed_in, change_number = excluded.change_number;
    RETURN NULL;
END $$
"""
AFTER_REMOVAL = """
CREATE TRIGGER remember_removed_values AFTER DELETE ON indicator_value REFERENCING OLD TABLE AS gone
FOR EACH STATEMENT EXECUTE FUNCTION remember_removed_values()
"""


def upgrade() -> None:
    # A lock not had at once would make every later query wait behind this one.
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "feed_origin",
        sa.Column("is_only", sa.Boolean(), nullable=False),
        sa.Column("system_identifier", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("is_only", name=op.f("ck_feed_origin_is_only")),
        sa.PrimaryKeyConstraint("is_only", name=op.f("pk_feed_origin")),
    )
    op.create_table(
        "removed_value",
        sa.Column("series_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("area_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("period_type", sa.Text(), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("indicator_code", sa.Text(), nullable=False),
        sa.Column("slice", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("changed_in", Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.Column("change_number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("series_id", "area_id", "period_type", "period_start", name=op.f("pk_removed_value")),
    )
    op.create_index("ix_removed_value_changed_in", "removed_value", ["changed_in", "change_number"], unique=False)
    op.create_table(
        "webhook",
        sa.Column("webhook_id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("indicators", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("areas", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("period_types", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("status", sa.Text(), server_default="challenged", nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("proven_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("former_secret", sa.Text(), nullable=True),
        sa.Column("former_secret_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("position", sa.Text(), nullable=True),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("status IN ('challenged', 'active', 'paused')", name=op.f("ck_webhook_status")),
        sa.PrimaryKeyConstraint("webhook_id", name=op.f("pk_webhook")),
    )
    op.create_table(
        "webhook_message",
        sa.Column("message_id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("changes", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("status", sa.Text(), server_default="pending", nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "status IN ('pending', 'delivered', 'failed', 'withdrawn')", name=op.f("ck_webhook_message_status")
        ),
        sa.ForeignKeyConstraint(
            ["webhook_id"],
            ["webhook.webhook_id"],
            name=op.f("fk_webhook_message_webhook_id_webhook"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_webhook_message")),
    )
    op.create_index(
        "ix_webhook_message_due_at",
        "webhook_message",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_index("ix_webhook_message_webhook_id", "webhook_message", ["webhook_id", "status"], unique=False)
    op.create_table(
        "webhook_delivery",
        sa.Column("delivery_id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("attempt", sa.SmallInteger(), nullable=False),
        sa.Column("outcome", sa.Text(), server_default="sending", nullable=False),
        sa.Column("status_code", sa.SmallInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("milliseconds", sa.Integer(), nullable=True),
        sa.Column(
            "attempted_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('sending', 'delivered', 'failed', 'interrupted')", name=op.f("ck_webhook_delivery_outcome")
        ),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["webhook_message.message_id"],
            name=op.f("fk_webhook_delivery_message_id_webhook_message"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_webhook_delivery")),
    )
    op.create_index("ix_webhook_delivery_message_id", "webhook_delivery", ["message_id"], unique=False)
    op.create_index("ix_webhook_delivery_webhook_id", "webhook_delivery", ["webhook_id", "delivery_id"], unique=False)
    op.add_column(
        "indicator_value",
        sa.Column("changed_in", Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
    )
    op.add_column(
        "indicator_value",
        sa.Column("change_number", sa.BigInteger(), sa.Identity(always=False, cache=100), nullable=False),
    )
    op.create_index("ix_indicator_value_changed_in", "indicator_value", ["changed_in", "change_number"], unique=False)
    op.execute(REMEMBER_REMOVED_VALUES)
    op.execute(AFTER_REMOVAL)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP TRIGGER remember_removed_values ON indicator_value")
    op.execute("DROP FUNCTION remember_removed_values()")
    op.drop_index("ix_indicator_value_changed_in", table_name="indicator_value")
    op.drop_column("indicator_value", "change_number")
    op.drop_column("indicator_value", "changed_in")
    op.drop_index("ix_webhook_delivery_webhook_id", table_name="webhook_delivery")
    op.drop_index("ix_webhook_delivery_message_id", table_name="webhook_delivery")
    op.drop_table("webhook_delivery")
    op.drop_index("ix_webhook_message_webhook_id", table_name="webhook_message")
    op.drop_index(
        "ix_webhook_message_due_at", table_name="webhook_message", postgresql_where=sa.text("status = 'pending'")
    )
    op.drop_table("webhook_message")
    op.drop_table("webhook")
    op.drop_index("ix_removed_value_changed_in", table_name="removed_value")
    op.drop_table("removed_value")
    op.drop_table("feed_origin")
