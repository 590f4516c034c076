"""PostgreSQL's number of a transaction, which it never uses twice."""

from sqlalchemy import text
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.types import UserDefinedType

CURRENT_TRANSACTION = text("pg_current_xact_id()")


class Xid8(UserDefinedType[str]):
    """The type `xid8`; the driver hands its values on as text."""

    cache_ok = True

    def get_col_spec(self, **_options: object) -> str:
        """Return the type's name."""
        return "xid8"


# Migrations are compared with the database's own description, and SQLAlchemy does not know the type.
ischema_names["xid8"] = Xid8
