"""A broken catalogue: every fault of every file in one run, with file and line, and no start with it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from services.api import app as app_module
from services.api.app import create_app
from shared.catalogue import loader
from shared.catalogue.loader import BrokenCatalogue, load
from shared.settings import Settings

pytestmark = pytest.mark.slow

SETTINGS = Settings(database_url="postgresql+psycopg://", redis_url="redis://")


@pytest.fixture
def ten_faults(seed: Callable[[str, str, str], int]) -> set[tuple[str, int]]:
    """Seed ten faults in five files and return where they are."""
    seeded = [
        ("activity_types/graffiti-cleanup.yaml", "policeReported,", "policeReproted,"),
        ("activity_types/graffiti-cleanup.yaml", "kind: choice", "kind: chioce"),
        ("activity_types/graffiti-cleanup.yaml", "takesCost: true", "takesCost: perhaps"),
        ("activity_types/training.yaml", "moments: [start, end]", "moments: [start, finish]"),
        ("activity_types/training.yaml", "principals", "headmasters"),
        ("indicators/graffiti-cleanups.yaml", "version: 1", "version: 0"),
        ("indicators/graffiti-cleanups.yaml", "attractive-city", "pretty-city"),
        ("indicators/graffiti-started-in-time.yaml", "direction: higher", "direction: upwards"),
        ("indicators/graffiti-started-in-time.yaml", "elseBy: completed", "elseBy: finished"),
        ("indicators/school-visits.yaml", "unit: count", "unit: visits"),
    ]
    return {(file, seed(file, sound, faulty)) for file, sound, faulty in seeded}


def test_ten_faults_in_five_files_are_told_in_one_run(folder: Path, ten_faults: set[tuple[str, int]]) -> None:
    with pytest.raises(BrokenCatalogue) as broken:
        load(folder)
    assert {(fault.file, fault.line) for fault in broken.value.faults} == ten_faults
    assert len(broken.value.faults) == 10
    for file, line in ten_faults:
        assert f"{file}:{line}: " in str(broken.value)


def test_the_app_does_not_start_with_faults_and_tells_all_of_them(
    folder: Path, ten_faults: set[tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app_module, "shipped_catalogue", lambda: loader.load(folder))
    with pytest.raises(BrokenCatalogue) as broken:
        create_app(SETTINGS)
    assert str(broken.value).count("\n") == len(ten_faults) == 10


@pytest.mark.parametrize(
    ("sound", "faulty", "said"),
    [
        ("code: workshops", "code: workshop", "must be the file's name"),
        ("activityTypes: [workshop]", "activityTypes: [course]", "course"),
        ("unit: count", "unit: count\nunit: count", "stands twice"),
        ("unit: count", "unit: [count", "is not YAML"),
        ("kind: count", "kind: share", "share"),
        ("version: 1", "version: 1\nvalidFrom: 2016-02-30", "day is out of range"),
        ("slices:", "slices: annexes\nselects:", "'annex'"),
        ("activityTypes: [workshop]", "activityTypes: workshop", "'all'"),
    ],
)
def test_a_fault_that_only_shows_in_its_context_is_told_too(
    folder: Path, seed: Callable[[str, str, str], int], sound: str, faulty: str, said: str
) -> None:
    file = "indicators/workshops.yaml"
    seed(file, sound, faulty)
    with pytest.raises(BrokenCatalogue, match=said) as broken:
        load(folder)
    assert {fault.file for fault in broken.value.faults} == {file}
