"""Marks are written in one module, so that how a mark is made is decided once."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WRITER = Path("shared/facts/marks.py")
# In SQL, by SQLAlchemy's insert(), or by COPY.
WRITES_A_MARK = re.compile(
    r"""INSERT \s+ INTO \s+ \w*_mark \b | \b (?:insert|upsert) \( \s* (?:\w+\.)* \w*_mark \b
        | COPY \s+ \w*_mark \b | copy_rows\( [^)]* \w_mark \b""",
    re.IGNORECASE | re.VERBOSE,
)


def writers_of_marks(root: Path) -> set[Path]:
    return {
        path.relative_to(root)
        for package in ("services", "shared")
        for suffix in ("py", "sql")
        for path in (root / package).rglob(f"*.{suffix}")
        if WRITES_A_MARK.search(path.read_text(encoding="utf-8"))
    }


def test_one_module_writes_marks() -> None:
    assert writers_of_marks(ROOT) == {WRITER}


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("services/indicators/planted.py", 'text("insert into dirty_mark (writing_area_id) SELECT 1")'),
        ("services/api/planted.py", "connection.execute(insert(tables.comparison_mark).values(area_id=1))"),
        ("services/api/planted.py", 'copy_rows(connection, "rollup_mark", ("series_id",), rows)'),
        ("shared/facts/planted.sql", "WITH marked AS (\n    INSERT INTO\n        rollup_mark (series_id)"),
    ],
)
def test_a_planted_writer_is_found(tmp_path: Path, file: str, content: str) -> None:
    path = tmp_path / file
    path.parent.mkdir(parents=True)
    path.write_text(content)
    assert writers_of_marks(tmp_path) == {Path(file)}
