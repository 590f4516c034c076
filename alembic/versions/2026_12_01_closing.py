"""Periods of agreements are closed: their figures stay as they are, and what comes later stands beside them."""

from typing import NamedTuple

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0039"
down_revision = "0037"
branch_labels = None
depends_on = None

STOPS_THE_SERVICE = "older versions would change figures of closed periods, and its triggers lock tables."

# It is asked for by every statement that writes figures, of the rows that it would change: in PL/pgSQL, so that each is
# looked up by the key, whatever the planner thinks of how many there are.
IS_FROZEN = """
CREATE FUNCTION is_frozen(area integer, type text, start date) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN EXISTS (SELECT FROM closed_area_period AS closed
                   WHERE closed.area_id = area AND closed.period_type = type AND closed.period_start = start);
END $$
"""
# Guards: whatever forgets to ask fails, in a test before anywhere else.
GUARDS = (
    """
CREATE FUNCTION keep_frozen_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF is_frozen(OLD.area_id, OLD.period_type, OLD.period_start) THEN
        RAISE EXCEPTION 'a row of % of a closed period would change', TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$
""",
    """
CREATE FUNCTION keep_frozen_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM closed_area_period)
       AND EXISTS (SELECT FROM affected WHERE is_frozen(area_id, period_type, period_start)) THEN
        RAISE EXCEPTION 'a row of % of a closed period would change', TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$
""",
    """
CREATE FUNCTION keep_revision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what a revision of a closed period holds never changes' USING ERRCODE = 'restrict_violation';
END $$
""",
    # What everybody sees of a figure; whether it is shown above one's own area, and its place in the feed, are no part.
    """
CREATE TRIGGER keep_frozen_update BEFORE UPDATE ON indicator_value FOR EACH ROW
WHEN (OLD.finality = 'final'
      AND (OLD.numerator, OLD.denominator, OLD.left_out, OLD.not_placed, OLD.status, OLD.finality,
           OLD.definition_version, OLD.months_arrived, OLD.targets, OLD.revision, OLD.computed_at)
          IS DISTINCT FROM
          (NEW.numerator, NEW.denominator, NEW.left_out, NEW.not_placed, NEW.status, NEW.finality,
           NEW.definition_version, NEW.months_arrived, NEW.targets, NEW.revision, NEW.computed_at))
EXECUTE FUNCTION keep_frozen_row()
""",
    """
CREATE TRIGGER keep_frozen_delete BEFORE DELETE ON indicator_value FOR EACH ROW
WHEN (OLD.finality = 'final') EXECUTE FUNCTION keep_frozen_row()
""",
)
ROWS_ADDED = (("indicator_value", "INSERT", "NEW"), *(("comparison", one, "NEW") for one in ("INSERT", "UPDATE")))
REVISIONS = ("closed_value", "closed_definition")

# As of migration 0025.
IS_IN = """CASE WHEN (SELECT current_setting('samverkan.{setting}', true) = 'all') THEN true
    WHEN area_id < 8 * length((SELECT granted_areas('{setting}')))
    THEN get_bit((SELECT granted_areas('{setting}')), area_id) = 1 ELSE false END"""
CHANGES_STRUCTURE = "(SELECT current_setting('samverkan.writes', true) = 'all')"


class Protected(NamedTuple):
    """A table, who sees its rows, and what of it is granted to the API besides SELECT."""

    table: str
    seen: str
    granted: str


TABLES = (
    Protected("agreement_period", "true", "INSERT, UPDATE"),
    Protected("agreement_period_step", "true", "INSERT"),
    Protected("ready_annex", "true", "INSERT, DELETE"),
    Protected("closed_area_period", "true", "INSERT, DELETE"),
    Protected("closed_value", IS_IN.format(setting="figures"), "INSERT"),
    Protected("closed_definition", "true", "INSERT"),
    # Beside what was frozen, it could tell what is hidden: so it is for those who see the facts themselves.
    Protected("later_value", IS_IN.format(setting="details"), "INSERT, UPDATE, DELETE"),
)
# As of migration 0027.
AUDIT = """
CREATE FUNCTION audit_{table}() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    caller json := nullif(current_setting('samverkan.caller', true), '')::json;
    who text := coalesce(caller ->> 'id', 'database/' || session_user);
    its_name text := coalesce(caller ->> 'name', current_setting('application_name'));
    behind text := caller ->> 'sentBy';
    trace text := caller ->> 'trace';
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO audit_pending ({columns}, after)
        SELECT who, its_name, behind, trace, 'created', {what}, row_to_json(stored) FROM written AS stored;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO audit_pending ({columns}, before, after)
        SELECT who, its_name, behind, trace, 'changed', {what}, row_to_json(former), row_to_json(stored)
        FROM written AS stored JOIN former USING ({key})
        WHERE former IS DISTINCT FROM stored;
    ELSE
        INSERT INTO audit_pending ({columns}, before)
        SELECT who, its_name, behind, trace, 'deleted', {what}, row_to_json(stored) FROM former AS stored;
    END IF;
    RETURN NULL;
END $$
"""
COLUMNS = "actor, actor_name, sent_by, trace_id, operation, resource, address, area_id"
WHAT = """'agreements/periods/{part}',
               (SELECT concat_ws('/', 'agreements', agreement.code, 'periods', period_code(period_type, period_start),
                                 '{part}', stored.{name})
                FROM agreement_period AS period JOIN agreement USING (agreement_id)
                WHERE period.agreement_period_id = stored.agreement_period_id),
               (SELECT min(area_id) FROM agreement_area JOIN agreement_period AS period USING (agreement_id)
                WHERE period.agreement_period_id = stored.agreement_period_id)"""
AUDITED = (
    ("agreement_period_step", "step_id", WHAT.format(part="steps", name="step_id")),
    ("ready_annex", "agreement_period_id, annex_number", WHAT.format(part="ready-annexes", name="annex_number")),
)
AUDIT_TRIGGERS = (
    ("INSERT", "created", "NEW TABLE AS written"),
    ("UPDATE", "changed", "OLD TABLE AS former NEW TABLE AS written"),
    ("DELETE", "deleted", "OLD TABLE AS former"),
)

# Without closings there are no frozen figures: an older version is to compute them by what has come since.
FREE = (
    """
INSERT INTO comparison_mark (series_id, area_id, year)
SELECT DISTINCT series_id, area_id, extract(year FROM period_start)::smallint
FROM indicator_value JOIN closed_area_period USING (area_id, period_type, period_start)
""",
    """
INSERT INTO dirty_mark (writing_area_id, year, ripens_on)
SELECT DISTINCT writing_area_id, extract(year FROM period_start)::smallint, date '-infinity'
FROM closed_area_period
JOIN (SELECT ancestor_id AS area_id, writing_area_id FROM ancestor_set JOIN ancestor_set_member USING (ancestor_set_id)
      UNION
      SELECT area_id, coalesce(municipality_id, area_id) FROM area) AS written USING (area_id)
""",
    """
UPDATE indicator_value AS value
SET finality = 'preliminary', revision = revision + 1, computed_at = now(), changed_in = DEFAULT,
    change_number = DEFAULT
FROM (SELECT DISTINCT area_id, period_type, period_start FROM closed_area_period) AS closed
WHERE value.area_id = closed.area_id AND value.period_type = closed.period_type
  AND value.period_start = closed.period_start AND finality = 'final'
""",
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for column in ("closing_by_two_persons", "closing_needs_ready_annexes"):
        op.add_column("agreement", sa.Column(column, sa.Boolean(), server_default="true", nullable=False))
    _create_steps()
    _create_frozen()
    op.execute(IS_FROZEN)
    for guard in GUARDS:
        op.execute(guard)
    for table, event, rows in (*ROWS_ADDED, ("comparison", "DELETE", "OLD")):
        op.execute(
            f"CREATE TRIGGER keep_frozen_{event.lower()}_rows AFTER {event} ON {table} "
            f"REFERENCING {rows} TABLE AS affected FOR EACH STATEMENT EXECUTE FUNCTION keep_frozen_rows()"
        )
    for table in REVISIONS:
        op.execute(
            f"CREATE TRIGGER keep_revision BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION keep_revision()"
        )
    for table, key, what in AUDITED:
        op.execute(AUDIT.format(table=table, key=key, columns=COLUMNS, what=what))
        for event, name, tables in AUDIT_TRIGGERS:
            op.execute(
                f"CREATE TRIGGER audit_{name} AFTER {event} ON {table} REFERENCING {tables} "
                f"FOR EACH STATEMENT EXECUTE FUNCTION audit_{table}()"
            )
    _protect()


def _period_id(**options: object) -> sa.Column[int]:
    return sa.Column("agreement_period_id", sa.Integer(), nullable=False, **options)  # type: ignore[arg-type]  # of any column


def _of_period(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["agreement_period_id"],
        ["agreement_period.agreement_period_id"],
        name=op.f(f"fk_{table}_agreement_period_id_agreement_period"),
    )


def _actor() -> tuple[sa.Column[str], sa.Column[str]]:
    return sa.Column("actor", sa.Text(), nullable=False), sa.Column("actor_name", sa.Text(), nullable=False)


def _now(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)


def _create_steps() -> None:
    op.create_table(
        "agreement_period",
        sa.Column("agreement_period_id", sa.Integer(), sa.Identity(), nullable=False),
        sa.Column("agreement_id", sa.Integer(), nullable=False),
        sa.Column("period_type", sa.Text(), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("revision", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint(
            "state IN ('open', 'prepared', 'submitted', 'closed')", name=op.f("ck_agreement_period_state")
        ),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["agreement.agreement_id"], name=op.f("fk_agreement_period_agreement_id_agreement")
        ),
        sa.PrimaryKeyConstraint("agreement_period_id", name=op.f("pk_agreement_period")),
        sa.UniqueConstraint(
            "agreement_id",
            "period_type",
            "period_start",
            name=op.f("uq_agreement_period_agreement_id_period_type_period_start"),
        ),
    )
    op.create_table(
        "agreement_period_step",
        sa.Column("step_id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        _period_id(),
        sa.Column("step", sa.Text(), nullable=False),
        _now("taken_at"),
        *_actor(),
        sa.Column("reason", sa.Text()),
        sa.Column("revision", sa.Integer()),
        sa.CheckConstraint(
            "step IN ('prepare', 'submit', 'approve', 'reopen')", name=op.f("ck_agreement_period_step_step")
        ),
        _of_period("agreement_period_step"),
        sa.PrimaryKeyConstraint("step_id", name=op.f("pk_agreement_period_step")),
    )
    op.create_index(
        op.f("ix_agreement_period_step_agreement_period_id"), "agreement_period_step", ["agreement_period_id"]
    )
    op.create_table(
        "ready_annex",
        _period_id(autoincrement=False),
        sa.Column("annex_number", sa.SmallInteger(), autoincrement=False, nullable=False),
        _now("marked_at"),
        *_actor(),
        _of_period("ready_annex"),
        sa.PrimaryKeyConstraint("agreement_period_id", "annex_number", name=op.f("pk_ready_annex")),
    )


def _key() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("series_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("area_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("period_type", sa.Text(), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=False),
    )


def _closing_revision() -> sa.Column[int]:
    return sa.Column("closing_revision", sa.Integer(), autoincrement=False, nullable=False)


def _create_frozen() -> None:
    op.create_table(
        "closed_area_period",
        *_key()[1:],
        _period_id(autoincrement=False),
        _of_period("closed_area_period"),
        sa.PrimaryKeyConstraint(
            "area_id", "period_type", "period_start", "agreement_period_id", name=op.f("pk_closed_area_period")
        ),
    )
    op.create_index(op.f("ix_closed_area_period_agreement_period_id"), "closed_area_period", ["agreement_period_id"])
    numbers = ("numerator", "denominator", "value")
    op.create_table(
        "closed_value",
        _period_id(autoincrement=False),
        _closing_revision(),
        *_key(),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("id", "indicator_code", "area_code", "period")),
        sa.Column("period_end", sa.Date(), nullable=False),
        *(sa.Column(name, sa.Numeric()) for name in numbers),
        sa.Column("left_out", sa.Integer()),
        sa.Column("not_placed", sa.Numeric()),
        sa.Column("months_arrived", sa.SmallInteger()),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("slice", "unit", "status", "finality")),
        sa.Column("revision", sa.Integer(), nullable=False),
        *(sa.Column(name, JSONB(), nullable=False) for name in ("targets", "comparisons")),
        sa.Column("definition_version", sa.SmallInteger(), nullable=False),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=False),
        _of_period("closed_value"),
        sa.PrimaryKeyConstraint(
            *("agreement_period_id", "closing_revision", "series_id", "area_id", "period_type", "period_start"),
            name=op.f("pk_closed_value"),
        ),
    )
    op.create_table(
        "closed_definition",
        _period_id(autoincrement=False),
        _closing_revision(),
        sa.Column("indicator_code", sa.Text(), nullable=False),
        sa.Column("definition", JSONB(), nullable=False),
        _of_period("closed_definition"),
        sa.PrimaryKeyConstraint(
            "agreement_period_id", "closing_revision", "indicator_code", name=op.f("pk_closed_definition")
        ),
    )
    op.create_table(
        "later_value",
        *_key(),
        *(sa.Column(name, sa.Numeric()) for name in ("numerator", "denominator")),
        sa.Column("left_out", sa.Integer()),
        sa.Column("not_placed", sa.Numeric()),
        sa.Column("status", sa.Text()),
        sa.Column("months_arrived", sa.SmallInteger()),
        sa.Column("definition_version", sa.SmallInteger()),
        _now("noticed_at"),
        sa.PrimaryKeyConstraint("series_id", "area_id", "period_type", "period_start", name=op.f("pk_later_value")),
    )
    op.create_index("ix_later_value_area_id", "later_value", ["area_id", "period_start"])


def _protect() -> None:
    for table, seen, granted in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY seen ON {table} FOR SELECT TO samverkan_api USING ({seen})")
        op.execute(f"CREATE POLICY added ON {table} FOR INSERT TO samverkan_api WITH CHECK ({CHANGES_STRUCTURE})")
        op.execute(f"CREATE POLICY changed ON {table} FOR UPDATE TO samverkan_api USING ({CHANGES_STRUCTURE})")
        op.execute(f"CREATE POLICY removed ON {table} FOR DELETE TO samverkan_api USING ({CHANGES_STRUCTURE})")
        op.execute(f"GRANT SELECT, {granted} ON {table} TO samverkan_api")
        changes = "" if table in REVISIONS else ", UPDATE, DELETE"
        op.execute(f"REVOKE ALL ON {table} FROM samverkan_worker")
        op.execute(f"GRANT SELECT, INSERT{changes} ON {table} TO samverkan_worker")
    # Who closes a period makes its figures final, and changes nothing else of them.
    op.execute(
        "GRANT UPDATE (finality, revision, computed_at, changed_in, change_number) ON indicator_value TO samverkan_api"
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(
        "REVOKE UPDATE (finality, revision, computed_at, changed_in, change_number) ON indicator_value "
        "FROM samverkan_api"
    )
    for name in ("keep_frozen_update", "keep_frozen_delete", "keep_frozen_insert_rows"):
        op.execute(f"DROP TRIGGER {name} ON indicator_value")
    for event in ("insert", "update", "delete"):
        op.execute(f"DROP TRIGGER keep_frozen_{event}_rows ON comparison")
    for statement in FREE:
        op.execute(statement)
    for table in ("later_value", "closed_definition", "closed_value", "closed_area_period", "ready_annex"):
        op.drop_table(table)
    op.drop_table("agreement_period_step")
    op.drop_table("agreement_period")
    for table, _, _ in AUDITED:
        op.execute(f"DROP FUNCTION audit_{table}()")
    for function in ("keep_frozen_row()", "keep_frozen_rows()", "keep_revision()", "is_frozen(integer, text, date)"):
        op.execute(f"DROP FUNCTION {function}")
    for column in ("closing_by_two_persons", "closing_needs_ready_annexes"):
        op.drop_column("agreement", column)
