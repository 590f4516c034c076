from collections.abc import Iterator

import pytest

from tests.api.tokens.issuer import OwnIssuer, running


@pytest.fixture
def issuer() -> Iterator[OwnIssuer]:
    """Return an issuer that behaves, with an RSA key and one on P-256."""
    with running() as issuer:
        yield issuer
