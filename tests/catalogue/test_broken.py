"""A broken catalogue: every fault of every file in one run, with file and line, and no start with it."""

import shutil
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import pytest

from services.api import app as app_module
from services.api.app import create_app
from shared.catalogue import loader
from shared.catalogue.loader import BrokenCatalogue, load, shipped_catalogue
from shared.settings import Settings

SETTINGS = Settings(database_url="postgresql+psycopg://", redis_url="redis://")

Seed = Callable[[str, str, str], int]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Copy the shipped catalogue to where it can be broken."""
    with resources.as_file(resources.files("shared.catalogue")) as shipped:
        for kind in ("activity_types", "indicators"):
            shutil.copytree(shipped / kind, tmp_path / kind)
    return tmp_path


@pytest.fixture
def seed(folder: Path) -> Seed:
    """Return what replaces a text that a file holds once, and returns the line it stands on."""

    def replace(file: str, sound: str, faulty: str) -> int:
        path = folder / file
        text = path.read_text(encoding="utf-8")
        assert text.count(sound) == 1, (file, sound)
        path.write_text(text.replace(sound, faulty), encoding="utf-8")
        return text[: text.index(sound)].count("\n") + 1

    return replace


@pytest.fixture
def ten_faults(seed: Seed) -> set[tuple[str, int]]:
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


def test_the_shipped_catalogue_is_sound():
    catalogue = shipped_catalogue()
    assert set(catalogue.activity_types) == {"graffiti-cleanup", "school-visit", "safety-walk", "training"}
    assert len(catalogue.indicators) == 11


def test_ten_faults_in_five_files_are_told_in_one_run(folder, ten_faults):
    with pytest.raises(BrokenCatalogue) as broken:
        load(folder)
    assert {(fault.file, fault.line) for fault in broken.value.faults} == ten_faults
    assert len(broken.value.faults) == 10
    for file, line in ten_faults:
        assert f"{file}:{line}: " in str(broken.value)


def test_the_app_does_not_start_with_faults_and_tells_all_of_them(folder, ten_faults, monkeypatch):
    monkeypatch.setattr(app_module, "shipped_catalogue", lambda: loader.load(folder))
    with pytest.raises(BrokenCatalogue) as broken:
        create_app(SETTINGS)
    assert str(broken.value).count("\n") == len(ten_faults) == 10


@pytest.mark.parametrize(
    ("sound", "faulty", "said"),
    [
        ("code: trainings", "code: training", "must be the file's name"),
        ("activityTypes: [training]", "activityTypes: [course]", "course"),
        ("unit: count", "unit: count\nunit: count", "stands twice"),
        ("unit: count", "unit: [count", "is not YAML"),
        ("kind: count", "kind: share", "share"),
    ],
)
def test_a_fault_that_only_shows_in_its_context_is_told_too(folder, seed, sound, faulty, said):
    file = "indicators/trainings.yaml"
    seed(file, sound, faulty)
    with pytest.raises(BrokenCatalogue, match=said) as broken:
        load(folder)
    assert {fault.file for fault in broken.value.faults} == {file}
