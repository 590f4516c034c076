"""Shows that a change of the code changes no answer: keep all answers before and after, and compare them.

    python -m tests.equality capture --url http://127.0.0.1:8000 --key "$KEY" before
    python -m tests.equality capture --url http://127.0.0.1:8000 --key "$KEY" after
    python -m tests.equality compare before after

Both services must have served the same database: a copy of its files, which the newer code has migrated. For two
databases that were made by the same calls there is `compare --figures`. Let the worker come to rest before a capture.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.equality.capture import capture
from tests.equality.comparison import compare, compare_figures


def main() -> int:
    """Run the command; return 1 where an answer differs that must not."""
    parser = argparse.ArgumentParser(prog="python -m tests.equality", description=__doc__, allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True)
    capturing = commands.add_parser("capture", help="keep what a running service answers")
    capturing.add_argument("--url", required=True, help="where it runs")
    capturing.add_argument("--key", required=True, help="an API key with the scope administer")
    capturing.add_argument("folder", type=Path, help="a new folder for the answers")
    comparing = commands.add_parser("compare", help="print what differs between two folders")
    comparing.add_argument("first", type=Path)
    comparing.add_argument("second", type=Path)
    comparing.add_argument("--figures", action="store_true", help="they are of two databases made by the same calls")
    chosen = parser.parse_args()
    if chosen.command == "capture":
        capture(chosen.url, chosen.key, chosen.folder)
        return 0
    return _show_differences(chosen.first, chosen.second, figures=chosen.figures)


def _show_differences(first: Path, second: Path, *, figures: bool) -> int:
    differences = list((compare_figures if figures else compare)(first, second))
    lines = [line for one in differences for line in (f"{one.name}: {one.spot}", *one.fields)]
    wrong = sum(not difference.is_informative for difference in differences)
    lines.append(f"{wrong} answers differ, and {len(differences) - wrong} that may.")
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return min(wrong, 1)


if __name__ == "__main__":
    sys.exit(main())
