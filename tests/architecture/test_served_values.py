"""What a served value looks like is decided in shared/read_model: no other module masks, divides or rounds one."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
HOME = Path("shared/read_model")

# What SQL would say of a served value, by the rule that it repeats.
IN_SQL = {
    "mask": r"(?:<>|!=) \s* 'suppressed' \s+ THEN | = \s* 'suppressed' \s+ THEN \s+ NULL",
    "formula": r"numerator \b [^/;]{0,60} / \s* (?:nullif \s* \( \s*)? [\w.:{}]* denominator",
    "rounding": r"round \s* \( [^;]{0,80} (?:numerator|denominator) | round \s* \( \s* [\w.]*value \s* , \s* 6",
    "period code": r"to_char \s* \( [^)]* 'YYYY | \b left \s* \( [\w.]* (?:period_start|first)::text",
    "period end": r"'tertial' \s+ THEN \s+ interval",
    "instant": r"HH24 | AT \s TIME \s ZONE \s 'UTC' \) ::text",
    "matching comparison": r"\( \w+\.numerator, \s* \w+\.denominator \) \s+ IS \s NOT \s DISTINCT",
    "id": r"'~' [^;]{0,200} lower \( \s* (?:period_code|(?:\w+\.)?period\b|\{)",
}
PATTERNS = {rule: re.compile(pattern, re.IGNORECASE | re.VERBOSE | re.DOTALL) for rule, pattern in IN_SQL.items()}


def second_homes(root: Path) -> set[tuple[Path, str]]:
    """Return the files outside of the home that repeat a rule, each with the rule."""
    return {
        (path.relative_to(root), rule)
        for package in ("services", "shared")
        for suffix in ("py", "sql")
        for path in (root / package).rglob(f"*.{suffix}")
        if HOME not in path.relative_to(root).parents
        for rule in repeated_rules(path)
    }


def repeated_rules(path: Path) -> Iterator[str]:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".sql":
        sql = re.sub(r"--[^\n]*", "", text)
    else:
        tree = ast.parse(text)
        sql = ";".join(string for string in _strings(tree) if not string.rstrip().endswith("."))  # a sentence is no SQL
        if any(_is_share(node) for node in ast.walk(tree)):
            yield "formula"
    for rule, pattern in PATTERNS.items():
        if pattern.search(sql):
            yield rule


def _strings(tree: ast.AST) -> Iterator[str]:
    """Yield every string of a module but docstrings; what an f-string inserts is given as its source, in braces."""
    apart = {part for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    apart |= {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(map(_piece, node.values))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in apart:
            yield node.value


def _piece(part: ast.expr) -> str:
    if isinstance(part, ast.FormattedValue):
        # What is formatted is for people to read.
        return "{}" if part.format_spec else f"{{{ast.unparse(part.value)}}}"
    return str(part.value) if isinstance(part, ast.Constant) else ""


def _is_share(node: ast.AST) -> bool:
    """Whether a numerator is divided by a denominator; targets are judged by exact fractions, which are not served."""
    if not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)):
        return False
    left, right = ast.unparse(node.left), ast.unparse(node.right)
    return "numerator" in left and "denominator" in right and "Fraction(" not in left


def test_a_served_value_has_one_home() -> None:
    assert second_homes(ROOT) == set()


@pytest.mark.parametrize(
    ("rule", "file", "content"),
    [
        ("mask", "services/api/planted.py", "X = \"CASE WHEN status <> 'suppressed' THEN numerator END\""),
        ("mask", "shared/feed/planted.sql", "CASE WHEN v.status = 'suppressed' THEN NULL ELSE v.numerator END"),
        ("formula", "services/api/planted.py", 'X = "factor * v.numerator / nullif(v.denominator, 0)"'),
        ("formula", "services/indicators/planted.sql", "SELECT 100.0 * numerator / denominator AS share"),
        ("formula", "services/cli/planted.py", "share = 100 * figure.numerator / Decimal(figure.denominator or 1)"),
        ("formula", "services/api/planted.py", 'X = f"{factor} * {a}.numerator / {a}.denominator"'),
        ("rounding", "services/api/planted.py", 'X = "SELECT round(100 * numerator / x, 6)"'),
        ("rounding", "services/api/planted.py", 'X = "SELECT round(figure.value, 6)"'),
        ("period code", "shared/feed/planted.py", "X = \"to_char(period_start, 'YYYY-MM')\""),
        ("period code", "services/api/planted.py", 'X = "left(figure.period_start::text, 7)"'),
        ("period end", "services/api/planted.py", "X = \"CASE t WHEN 'tertial' THEN interval '4 months' END\""),
        ("instant", "services/api/planted.py", "X = \"to_char(x AT TIME ZONE 'UTC', 'HH24:MI')\""),
        ("instant", "services/api/planted.py", "X = \"(x AT TIME ZONE 'UTC')::text\""),
        (
            "matching comparison",
            "services/api/planted.sql",
            "(c.numerator, c.denominator) IS NOT DISTINCT FROM (v.numerator, v.denominator)",
        ),
        ("id", "services/api/planted.py", "X = \"concat_ws('~', indicator_code, slice, area.code, lower(period))\""),
    ],
)
def test_a_planted_second_home_is_found(tmp_path: Path, rule: str, file: str, content: str) -> None:
    path = tmp_path / file
    path.parent.mkdir(parents=True)
    path.write_text(content)
    assert (Path(file), rule) in second_homes(tmp_path)
