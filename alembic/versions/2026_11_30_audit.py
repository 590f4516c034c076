"""The audit trail: what is written of every write, the sealed entries, and the chain of their hashes."""

from typing import NamedTuple

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.db.tables.xid8 import Xid8

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

STOPS_THE_SERVICE = "its triggers lock every table that is written."


class Audited(NamedTuple):
    """A table whose rows people or systems write: its resource, and SQL of a row, `stored`, and its key.

    `secrets` are in no entry. A change of nothing but `progress`, which the service keeps for itself, makes none. What
    is imported `in_bulk` has its content added when the entry is sealed, since to write it twice would take an import a
    quarter more of its time: until then it is in the row itself, or in the entry of the change that came next.
    """

    table: str
    row_key: str
    resource: str
    address: str
    area: str = "NULL::integer"
    secrets: str = ""
    progress: str = ""
    in_bulk: bool = False


def _code(table: str, key: str) -> str:
    return f"(SELECT code FROM {table} WHERE {table}.{key})"


def _of_agreement(part: str) -> str:
    return f"'agreements/' || {_code('agreement', 'agreement_id = stored.agreement_id')} || {part}"


def _of_area(key: str, part: str) -> str:
    return f"'areas/' || {_code('area', f'area_id = stored.{key}')} || '{part}'"


ITS_AREA, ITS_OWNER = "stored.area_id", "stored.owner_area_id"
AREA_OF_AGREEMENT = "(SELECT min(area_id) FROM agreement_area WHERE agreement_area.agreement_id = stored.agreement_id)"
DEFINITIONS = """CASE stored.kind
    WHEN 'activityType' THEN 'activity-types' WHEN 'indicator' THEN 'indicators' ELSE 'roles' END"""
IMPORTS = "CASE stored.makes WHEN 'activities' THEN 'activity-imports' ELSE 'observation-imports' END"
OF_COMMITMENT = """(SELECT 'agreements/' || agreement.code || '/commitments/' || commitment.code
     FROM commitment JOIN agreement USING (agreement_id) WHERE commitment.commitment_id = stored.commitment_id)"""
AREA_PROGRESS = "municipality_id,name_sort_key"
IMPORT_PROGRESS = (
    "rows,created,updated,unchanged,superseded,outdated,refused,skipped,unused_codes,bytes,bytes_read,"
    "remarks_left_out,attempts,heartbeat_at,caller"
)
SOURCE_PROGRESS = "position,due_at,lease,lease_until,started_at,ended_at,failure,failures_in_a_row,succeeded_at,tally"
TABLES = (
    Audited(
        "activity",
        "activity_id",
        "'activities'",
        "'activities/' || stored.activity_id",
        ITS_AREA,
        in_bulk=True,
    ),
    Audited(
        "observation",
        "observation_id",
        "'observations'",
        "'observations/' || stored.observation_id",
        ITS_AREA,
        in_bulk=True,
    ),
    Audited("indicator_note", "note_id", "'notes'", "'notes/' || stored.note_id", ITS_AREA),
    Audited("agreement", "agreement_id", "'agreements'", "'agreements/' || stored.code", AREA_OF_AGREEMENT),
    Audited("agreement_area", "agreement_id, area_id", "'agreements/areas'", _of_agreement("'/areas'"), ITS_AREA),
    Audited(
        "annex",
        "agreement_id, number",
        "'agreements/annexes'",
        _of_agreement("'/annexes/' || stored.number"),
        AREA_OF_AGREEMENT,
    ),
    Audited(
        "target",
        "target_id",
        "'agreements/targets'",
        _of_agreement("'/targets/' || stored.target_id"),
        ITS_AREA,
    ),
    Audited(
        "commitment",
        "commitment_id",
        "'agreements/commitments'",
        _of_agreement("'/commitments/' || stored.code"),
        AREA_OF_AGREEMENT,
    ),
    Audited(
        "commitment_area",
        "commitment_id, area_id, due_on",
        "'agreements/commitments/areas'",
        OF_COMMITMENT,
        ITS_AREA,
        progress="done",
    ),
    Audited(
        "area",
        "area_id",
        "'areas'",
        "'areas/' || stored.code",
        ITS_AREA,
        progress=AREA_PROGRESS,
    ),
    Audited(
        "area_edge",
        "child_id, parent_id, valid",
        "'areas/parents'",
        _of_area("child_id", "/parents"),
        "stored.child_id",
    ),
    Audited("area_role", "area_id, role, valid", "'areas/roles'", _of_area("area_id", "/roles"), ITS_AREA),
    Audited("term_span", "area_id, valid", "'areas/terms'", _of_area("area_id", "/terms"), ITS_AREA),
    Audited("municipal_definition", "kind, code, version", DEFINITIONS, f"{DEFINITIONS} || '/' || stored.code"),
    Audited(
        "municipal_definition_area",
        "kind, code, version, area_id",
        f"{DEFINITIONS} || '/areas'",
        f"{DEFINITIONS} || '/' || stored.code",
        ITS_AREA,
    ),
    Audited(
        "import_mapping", "owner_area_id, code", "'import-mappings'", "'import-mappings/' || stored.code", ITS_OWNER
    ),
    Audited(
        "file_import",
        "import_id",
        IMPORTS,
        f"{IMPORTS} || '/' || stored.import_id",
        ITS_OWNER,
        secrets="caller",
        progress=IMPORT_PROGRESS,
    ),
    Audited(
        "webhook",
        "webhook_id",
        "'webhooks'",
        "'webhooks/' || stored.webhook_id",
        ITS_OWNER,
        secrets="secret,former_secret",
        progress="position",
    ),
    Audited(
        "pulled_source",
        "owner_area_id, code",
        "'pulled-sources'",
        "'pulled-sources/' || stored.code",
        ITS_OWNER,
        progress=SOURCE_PROGRESS,
    ),
    Audited(
        "api_key", "key_id", "'api-clients'", "'api-clients/' || stored.key_id", ITS_OWNER, progress="last_used_at"
    ),
    Audited(
        "api_key_grant", "key_id, scope, area_id", "'api-clients/grants'", "'api-clients/' || stored.key_id", ITS_AREA
    ),
)

# The caller is parsed once for a statement, however many rows that writes.
FUNCTION = """
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
        SELECT who, its_name, behind, trace, 'created', {resource}, {address}, {area}, {content_at_first}
        FROM written AS stored;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO audit_pending ({columns}, before, after)
        SELECT who, its_name, behind, trace, 'changed', {resource}, {address}, {area}, {content_before}, {content}
        FROM written AS stored JOIN former USING ({row_key})
        WHERE {difference};
    ELSE
        INSERT INTO audit_pending ({columns}, before)
        SELECT who, its_name, behind, trace, 'deleted', {resource}, {address}, {area}, {content}
        FROM former AS stored;
    END IF;
    RETURN NULL;
END $$
"""
COLUMNS = "actor, actor_name, sent_by, trace_id, operation, resource, address, area_id"
# As of facts: what concerns no one area is for who sees every area.
IS_SEEN = """CASE WHEN (SELECT current_setting('samverkan.details', true) = 'all') THEN true
    WHEN area_id < 8 * length((SELECT granted_areas('details')))
    THEN get_bit((SELECT granted_areas('details')), area_id) = 1 ELSE false END"""
TRIGGERS = (
    ("INSERT", "created", "NEW TABLE AS written"),
    ("UPDATE", "changed", "OLD TABLE AS former NEW TABLE AS written"),
    ("DELETE", "deleted", "OLD TABLE AS former"),
)


def _content(row: str, secrets: str) -> str:
    """Return the SQL of a row as JSON: as it is where nothing is left out, which is twice as fast."""
    return f"(to_jsonb({row}) - '{{{secrets}}}'::text[])::json" if secrets else f"row_to_json({row})"


def _difference(progress: str) -> str:
    if not progress:
        return "former IS DISTINCT FROM stored"
    return " IS DISTINCT FROM ".join(f"to_jsonb({row}) - '{{{progress}}}'::text[]" for row in ("former", "stored"))


def _audit(audited: Audited) -> None:
    op.execute(
        FUNCTION.format(
            table=audited.table,
            columns=COLUMNS,
            row_key=audited.row_key,
            resource=audited.resource,
            # Where what a row belongs to goes with it, the entry's content still says what that was.
            address=f"coalesce({audited.address}, {audited.resource})",
            area=audited.area,
            content_at_first="NULL::json" if audited.in_bulk else _content("stored", audited.secrets),
            content=_content("stored", audited.secrets),
            content_before=_content("former", audited.secrets),
            difference=_difference(audited.progress),
        )
    )
    for event, name, tables in TRIGGERS:
        op.execute(
            f"CREATE TRIGGER audit_{name} AFTER {event} ON {audited.table} REFERENCING {tables} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION audit_{audited.table}()"
        )


def _entry_columns() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("sent_by", sa.Text()),
        sa.Column("trace_id", sa.Text()),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("area_id", sa.Integer()),
        sa.Column("before", postgresql.JSON()),
        sa.Column("after", postgresql.JSON()),
    )


def upgrade() -> None:
    # Every later query waits behind a lock that is not had at once: for less time than any has. It is tried again.
    op.execute("SET LOCAL lock_timeout = '1s'")
    op.create_table(
        "audit_pending",
        sa.Column("changed_in", Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.Column("change_number", sa.BigInteger(), sa.Identity(), nullable=False),
        *_entry_columns(),
        sa.PrimaryKeyConstraint("changed_in", "change_number", name=op.f("pk_audit_pending")),
    )
    op.create_index(
        "ix_audit_pending_address", "audit_pending", ["address"], postgresql_where=sa.text("before IS NOT NULL")
    )
    op.create_table(
        "audit_entry",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("change_number", sa.BigInteger(), nullable=False),
        *_entry_columns(),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_entry")),
    )
    op.create_index("ix_audit_entry_address", "audit_entry", ["address", "number"])
    op.create_index("ix_audit_entry_resource", "audit_entry", ["resource", "number"])
    op.create_index("ix_audit_entry_actor", "audit_entry", ["actor", "number"])
    op.create_index("ix_audit_entry_recorded_at", "audit_entry", ["recorded_at"])
    op.create_table(
        "audit_seal",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("payload_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_seal")),
    )
    op.create_table(
        "audit_head",
        sa.Column("is_only", sa.Boolean(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("is_only", name=op.f("ck_audit_head_is_only")),
        sa.PrimaryKeyConstraint("is_only", name=op.f("pk_audit_head")),
    )
    op.execute("INSERT INTO audit_head (is_only, number, hash) VALUES (true, 0, '')")
    # Who sent a file that is imported later, as its rows' entries are to name them.
    op.add_column("file_import", sa.Column("caller", postgresql.JSONB()))
    for audited in TABLES:
        _audit(audited)
    _protect()


def _protect() -> None:
    """Let the API add entries, and see those of areas that its caller sees all of; the rest is the worker's."""
    for table in ("audit_pending", "audit_entry", "audit_seal", "audit_head"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    op.execute("GRANT INSERT ON audit_pending TO samverkan_api")
    op.execute("GRANT SELECT ON audit_entry TO samverkan_api")
    op.execute("CREATE POLICY added ON audit_pending FOR INSERT TO samverkan_api WITH CHECK (true)")
    op.execute(f"CREATE POLICY seen ON audit_entry FOR SELECT TO samverkan_api USING ({IS_SEEN})")
    op.execute(
        "GRANT SELECT, INSERT, UPDATE, DELETE ON audit_pending, audit_entry, audit_seal, audit_head TO samverkan_worker"
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '1s'")
    for audited in TABLES:
        for _, name, _ in TRIGGERS:
            op.execute(f"DROP TRIGGER audit_{name} ON {audited.table}")
        op.execute(f"DROP FUNCTION audit_{audited.table}()")
    op.drop_column("file_import", "caller")
    for table in ("audit_head", "audit_seal", "audit_entry", "audit_pending"):
        op.drop_table(table)
