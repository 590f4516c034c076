"""Where facts come in by every way there is."""

from tests.api.conftest import cleanup, landskrona_database  # noqa: F401  fixtures
from tests.connectors.conftest import server  # noqa: F401  a fixture
