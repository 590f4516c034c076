"""A municipality may add roles of its own."""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A lock not had at once would make every later query wait behind this one.
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_constraint(op.f("ck_municipal_definition_kind"), "municipal_definition", type_="check")
    # Not validated: what is stored is of the two kinds that were allowed before.
    op.create_check_constraint(
        "kind", "municipal_definition", "kind IN ('activityType', 'indicator', 'role')", postgresql_not_valid=True
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DELETE FROM municipal_definition WHERE kind = 'role'")
    op.drop_constraint(op.f("ck_municipal_definition_kind"), "municipal_definition", type_="check")
    op.create_check_constraint(
        "kind", "municipal_definition", "kind IN ('activityType', 'indicator')", postgresql_not_valid=True
    )
