"""A database's URL in libpq's own form, for connections that are not SQLAlchemy's."""

from psycopg.conninfo import make_conninfo
from sqlalchemy import make_url


def conninfo_of(database_url: str) -> str:
    """Return the URL as keywords and values. In a URL, SQLAlchemy leaves a password's spaces, which libpq refuses."""
    url = make_url(database_url)
    _, options = url.get_dialect()().create_connect_args(url)
    return make_conninfo(**options)
