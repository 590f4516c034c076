"""${message}"""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    # Every later query waits behind a lock that is not had at once: for less time than any has. It is tried again.
    op.execute("SET LOCAL lock_timeout = '1s'")
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '1s'")
    ${downgrades if downgrades else "pass"}
