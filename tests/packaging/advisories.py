"""Looks every pin up in an index of known faults: `make audit-packages`.

It is pip-audit, which calls a package that its index does not know free of faults: here it is not looked up, and the
audit is not done. Options of pip-audit may follow, such as `--vulnerability-service osv`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

PINS = Path(__file__).parents[2] / "constraints.txt"
FAULTS_FOUND, NOT_DONE = 1, 2


def audit(pins: Path, options: Sequence[str] = ()) -> tuple[int, list[str]]:
    """Return an exit status, and what to say: 0 only when each pin has been looked up and none has a known fault."""
    with TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [sys.executable, "-m", "pip_audit", "--requirement", str(pins), "--require-hashes", "--disable-pip"]
        command += ["--progress-spinner", "off", "--format", "json", "--output", str(report), *options]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if not report.exists() or not report.read_text(encoding="utf-8"):
            said = done.stderr.strip().splitlines() or ["it says nothing"]
            return NOT_DONE, ["No package was looked up: no index of known faults can be reached.", said[-1]]
        return judge(json.loads(report.read_text(encoding="utf-8"))["dependencies"])


def judge(packages: Sequence[Mapping[str, Any]]) -> tuple[int, list[str]]:
    """Return the same of pip-audit's answers."""
    unknown = [package["name"] for package in packages if "skip_reason" in package]
    faults = [
        f"{package['name']} {package['version']}: {fault['id']}, mended in {', '.join(fault['fix_versions']) or 'none'}"
        for package in packages
        for fault in package.get("vulns", ())
    ]
    if unknown or not packages:
        missing = f"{len(unknown)} of {len(packages)} packages were not looked up: the index lacks them."
        return NOT_DONE, [*faults, missing, " ".join(unknown)]
    return (FAULTS_FOUND, faults) if faults else (0, [f"None of {len(packages)} packages has a known fault."])


def main(options: Sequence[str]) -> int:
    status, said = audit(PINS, options)
    sys.stdout.write("".join(f"{line}\n" for line in said))
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
