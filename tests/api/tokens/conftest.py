import time
from collections.abc import Callable, Iterator

import pytest

from tests.api.tokens.issuer import OwnIssuer, running


@pytest.fixture
def issuer() -> Iterator[OwnIssuer]:
    """Return an issuer that behaves, with an RSA key and one on P-256."""
    with running() as issuer:
        yield issuer


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Return what puts the clock that only runs forward on by so many seconds."""
    passed, now = 0.0, time.monotonic

    def put_on(seconds: float) -> None:
        nonlocal passed
        passed += seconds

    monkeypatch.setattr(time, "monotonic", lambda: now() + passed)
    return put_on
