"""What the parts share: the servers, the databases, and how much effort a run of this size is worth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from shared.catalogue.loader import Catalogue
from tests.benchmarks.database_cache import DatabaseCache
from tests.benchmarks.databases import Databases
from tests.benchmarks.servers import Servers

LONG_FROM = 1_000_000


@dataclass(frozen=True, slots=True)
class Effort:
    """How often and for how long is measured. Rounds are odd in number: their median is then one of them.

    Of rebuilds there are as many rounds as fit into the seconds, but at least one. They are of the size of the run
    unless the activities say otherwise.
    """

    rounds: int
    seconds_of_rebuild: float
    rebuilt_activities: int | None
    rounds_of_load: int
    seconds_of_load: float
    imported_rows: int
    exported_rows: int
    probes: int
    seconds_before_loaded_probes: float
    rounds_of_comparisons: int
    compares_under_load: bool


QUICK = Effort(
    rounds=3,
    seconds_of_rebuild=55.0,
    rebuilt_activities=50_000,  # as many for each place as a long run has
    rounds_of_load=3,
    seconds_of_load=1.5,
    imported_rows=20_000,
    exported_rows=300_000,
    probes=15,
    seconds_before_loaded_probes=1.0,
    rounds_of_comparisons=1,  # they may come ten seconds after the figure
    compares_under_load=False,  # comparisons lag by as long as all else of a turn takes
)
# A worker plans each statement once and reads what it is about to change: a load that lasts differs from its onset.
LONG = Effort(
    rounds=5,
    seconds_of_rebuild=1800.0,
    rebuilt_activities=None,
    rounds_of_load=5,
    seconds_of_load=3.0,
    imported_rows=50_000,
    exported_rows=1_000_000,
    probes=125,
    seconds_before_loaded_probes=20.0,
    rounds_of_comparisons=5,
    compares_under_load=True,
)


@dataclass(frozen=True, slots=True)
class Bench:
    """What a part measures with. `size` is the number of activities; `tell` says what is being done."""

    servers: Servers
    cache: DatabaseCache
    databases: Databases
    catalogue: Catalogue
    today: date
    size: int
    tell: Callable[[str], None]

    @property
    def effort(self) -> Effort:
        """What lets all parts end within minutes; for as many activities as a long run has, what says more."""
        return LONG if self.size >= LONG_FROM else QUICK
