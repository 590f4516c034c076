"""The real service with others around whoever attacks it.

A test of an attack reads so::

    def test_something_that_hurts(service: Service, neighbours: WithNeighbours) -> None:
        "trials C0: what was seen."
        with neighbours(service) as report:
            ...  # attack it, by `service.client()` or by sockets of your own
        report.assert_unharmed()

`service` is one process for the whole run, so leave it as you found it. Its limits are the defaults, but for those of
LIMITS, which are short so that tests are. A test that needs other ones starts a service of its own, which takes some
two seconds::

    with service_with(Limits(uploads=1)) as service, neighbours(service) as report:
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from functools import partial
from itertools import count

import pytest

from shared.db.keys import KeyScope
from shared.limits import Limits
from tests.abuse.bystander import running_bystander
from tests.abuse.neighbours import Report, neighbours_of
from tests.abuse.service import Service, running_service

LIMITS = Limits(head_seconds=1.5, body_piece_seconds=1.5, answer_piece_seconds=2)

WithNeighbours = Callable[[Service], AbstractContextManager[Report]]
ServiceWith = Callable[[Limits], AbstractContextManager[Service]]


@pytest.fixture(scope="session")
def service_with(
    fresh_database: Callable[[], str],
    redis_url: str,
    api_keys: Mapping[KeyScope, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> ServiceWith:
    """Return what runs a service with limits, on a database of its own that holds Landskrona's places and agreement."""
    numbers, logs = count(1), tmp_path_factory.mktemp("abuse")
    run = partial(running_service, redis_url=redis_url, keys=api_keys)
    return lambda limits: run(fresh_database(), log=logs / f"api-{next(numbers)}.log", limits=limits)


@pytest.fixture(scope="session")
def service(service_with: ServiceWith) -> Iterator[Service]:
    """Run one service for all tests that do not need their own."""
    with service_with(LIMITS) as service:
        yield service


@pytest.fixture(scope="session")
def neighbours() -> Iterator[WithNeighbours]:
    """Return what lets neighbours ask and post meanwhile, and reports how they fared."""
    with running_bystander() as url:
        yield partial(neighbours_of, bystander_url=url)
