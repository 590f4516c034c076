"""is_frozen() keeps its plan, also for those whose statements are planned each time, as a rebuild and comparing are."""

from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("ALTER FUNCTION is_frozen(integer, text, date) SET plan_cache_mode = 'force_generic_plan'")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("ALTER FUNCTION is_frozen(integer, text, date) RESET plan_cache_mode")
