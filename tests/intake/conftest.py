"""Where facts come in by every way there is."""

from tests.api.conftest import cleanup  # noqa: F401  a fixture
from tests.connectors.conftest import server  # noqa: F401  a fixture
