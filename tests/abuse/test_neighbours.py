"""The measure itself: without an attack all is well, and a service that stands still is noticed."""

import signal
import time

import pytest

from tests.abuse.conftest import WithNeighbours
from tests.abuse.service import Service


def test_neighbours_who_are_left_alone_are_well(service: Service, neighbours: WithNeighbours) -> None:
    with neighbours(service) as report:
        time.sleep(0.3)
    report.assert_unharmed()
    assert report.posted
    assert report.peak_mib > 10


def test_a_service_that_stands_still_is_noticed(service: Service, neighbours: WithNeighbours) -> None:
    with neighbours(service) as report:
        service.process.send_signal(signal.SIGSTOP)
        time.sleep(1)
        service.process.send_signal(signal.SIGCONT)
    assert all(one.slowest > 0.9 for one in report.neighbours)
    with pytest.raises(AssertionError, match="waited too long"):
        report.assert_unharmed(seconds=0.4)
