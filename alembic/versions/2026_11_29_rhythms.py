"""Quarters and half-years where an agreement names them as its rhythm: their codes, and which areas have them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, DATERANGE

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

FUNCTIONS = (
    """CREATE OR REPLACE FUNCTION month_count(period_type text) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE period_type
    WHEN 'month' THEN 1 WHEN 'tertial' THEN 4 WHEN 'quarter' THEN 3 WHEN 'halfYear' THEN 6 ELSE 12 END""",
    """CREATE OR REPLACE FUNCTION start_of_period(period_type text, day date) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN make_date(
    extract(year FROM day)::integer,
    (extract(month FROM day)::integer - 1) / month_count(period_type) * month_count(period_type) + 1, 1)""",
    """CREATE OR REPLACE FUNCTION period_code(period_type text, period_start date) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE  -- to_char is stable
RETURN CASE period_type
    WHEN 'month' THEN to_char(period_start::timestamp, 'YYYY-MM')
    WHEN 'tertial' THEN to_char(period_start::timestamp, 'YYYY-"T"')
                        || (extract(month FROM period_start)::integer / 4 + 1)
    WHEN 'quarter' THEN to_char(period_start::timestamp, 'YYYY-"Q"Q')
    WHEN 'halfYear' THEN to_char(period_start::timestamp, 'YYYY-"H"')
                         || (extract(month FROM period_start)::integer / 6 + 1)
    ELSE to_char(period_start::timestamp, 'YYYY') END""",
    """CREATE OR REPLACE FUNCTION next_period_start(period_type text, period_start date) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (period_start + CASE period_type
    WHEN 'month' THEN interval '1 month'
    WHEN 'tertial' THEN interval '4 months'
    WHEN 'quarter' THEN interval '3 months'
    WHEN 'halfYear' THEN interval '6 months'
    ELSE interval '1 year' END)::date""",
)
BEFORE = (
    """CREATE OR REPLACE FUNCTION period_code(period_type text, period_start date) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE  -- to_char is stable
RETURN CASE period_type
    WHEN 'month' THEN to_char(period_start::timestamp, 'YYYY-MM')
    WHEN 'tertial' THEN to_char(period_start::timestamp, 'YYYY-"T"')
                        || (extract(month FROM period_start)::integer / 4 + 1)
    ELSE to_char(period_start::timestamp, 'YYYY') END""",
    """CREATE OR REPLACE FUNCTION next_period_start(period_type text, period_start date) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (period_start + CASE period_type
    WHEN 'month' THEN interval '1 month'
    WHEN 'tertial' THEN interval '4 months'
    ELSE interval '1 year' END)::date""",
)


def upgrade() -> None:
    # A lock not had at once would make every later query wait behind this one.
    op.execute("SET LOCAL lock_timeout = '5s'")
    for function in FUNCTIONS:
        op.execute(function)
    op.add_column("agreement", sa.Column("rhythms", ARRAY(sa.Text), nullable=False, server_default="{}"))
    op.create_table(
        "area_rhythm",
        sa.Column("area_id", sa.Integer, sa.ForeignKey("area.area_id"), primary_key=True),
        sa.Column("period_type", sa.Text, primary_key=True),
        sa.Column("valid", DATERANGE, primary_key=True),
        comment="derived from agreement and area_closure",
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("area_rhythm")
    op.execute("DELETE FROM indicator_value WHERE period_type IN ('quarter', 'halfYear')")
    op.drop_column("agreement", "rhythms")
    for function in BEFORE:
        op.execute(function)
    op.execute("DROP FUNCTION start_of_period, month_count")
