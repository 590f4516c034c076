"""The real browser of the tests: where it is, how it is started, and the mark of a test that needs it."""

from __future__ import annotations

import os
import shutil

import pytest

# CHROMIUM makes a missing browser an error: where all is checked, nothing is skipped in silence.
# The shell has no windows of its own, and takes half the time of the whole browser.
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium-headless-shell") or shutil.which("chromium")
OPTIONS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
NEEDS_CHROMIUM = pytest.mark.skipif(
    CHROMIUM is None,
    reason="needs Chromium: install Debian's package chromium-headless-shell, or name the program in CHROMIUM",
)
