"""Shows that every pin which `make run` installs has a wheel, for each Python and platform, whose hash is pinned.

Run by `make wheels` and `make constraints`; it asks the package index, so no test does.
"""

import re
import subprocess
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

CONSTRAINTS = Path(__file__).parents[2] / "constraints.txt"
UV = Path(sys.executable).with_name("uv")
PLATFORMS = ("x86_64-manylinux_2_28", "aarch64-manylinux_2_28", "aarch64-apple-darwin")
PYTHONS = ("3.11", "3.12", "3.13", "3.14")


def main() -> int:
    """Print a line for each platform and Python, with the pins that lack a wheel; return how many do."""
    [runtime, _] = CONSTRAINTS.read_text(encoding="utf-8").split("# Only for the bill of materials\n")
    pins = re.split(r"^(?=[a-z])", runtime, flags=re.MULTILINE)[1:]
    faults = 0
    for platform, python in product(PLATFORMS, PYTHONS):
        lacking = list(without_wheel(pins, platform, python))
        outcome = ", ".join(lacking) or f"a wheel for each of {len(pins)} pins that applies"
        sys.stdout.write(f"{platform}, Python {python}: {outcome}\n")
        faults += len(lacking)
    return faults


def without_wheel(pins: list[str], platform: str, python: str) -> Iterator[str]:
    """Yield the pins that apply and have no wheel whose hash is pinned."""
    found = wheel_hashes(pins, platform, python)
    if found is None:  # uv names the first that lacks one
        for pin in pins:
            if wheel_hashes([pin], platform, python) is None:
                yield pin.split()[0]
        return
    # A package may have a pin for some Pythons and another for the rest.
    pinned: dict[str, set[str]] = defaultdict(set)
    for pin in pins:
        pinned[pin.partition("==")[0]].update(re.findall(r"sha256:(\w+)", pin))
    yield from (f"{name} (by its hash)" for name, hashes in found.items() if not hashes & pinned[name])


def wheel_hashes(pins: list[str], platform: str, python: str) -> dict[str, set[str]] | None:
    """Return the hashes of the wheels that fit, by package; None if one of the pins that apply has none."""
    with TemporaryDirectory() as directory:
        lock = Path(directory) / "pylock.toml"
        command: list[str | Path] = [
            UV,
            "pip",
            "compile",
            "-",
            "--quiet",
            "--no-deps",
            "--only-binary",
            ":all:",
            "--output-file",
            lock,
        ]
        command += ["--python-platform", platform, "--python-version", python, "--format", "pylock.toml"]
        resolved = subprocess.run(command, input="".join(pins), text=True, capture_output=True, check=False)
        if resolved.returncode and "no usable wheels" not in resolved.stderr:
            raise SystemExit(resolved.stderr)
        if resolved.returncode:
            return None
        packages = tomllib.loads(lock.read_text(encoding="utf-8")).get("packages", [])
    return {one["name"]: {wheel["hashes"]["sha256"] for wheel in one["wheels"]} for one in packages}


if __name__ == "__main__":
    sys.exit(main())
