"""The SQL of every shipped indicator is a snapshot, so that a changed definition shows what it changes."""

from tests.catalogue.compiled import SNAPSHOTS, compiled_indicators


def test_the_snapshots_are_what_the_definitions_compile_to() -> None:
    compiled = compiled_indicators()
    stored = {path.name: path.read_text(encoding="utf-8") for path in SNAPSHOTS.iterdir()}
    differing = sorted(name for name in {*compiled, *stored} if compiled.get(name) != stored.get(name))
    assert not differing, "run `python -m tests.catalogue.compiled` and look at what it changes"
