"""Packages of npm that some tests need. NODE_PACKAGES names the folder where they are: a `node_modules`."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest


def node_packages(*names: str) -> Path:
    """Return the folder; skip the test, with the reason, where a package or Node.js itself is not there."""
    if shutil.which("node") is None:
        pytest.skip("Node.js is not installed")
    folder = Path(os.environ.get("NODE_PACKAGES", "."))
    missing = [name for name in names if not (folder / name / "package.json").exists()]
    if "NODE_PACKAGES" not in os.environ or missing:
        pytest.skip(f"NODE_PACKAGES names no folder with {' and '.join(missing or names)}")
    return folder
