"""The real browser of the tests: where it is, how it is started, and the mark of a test that needs it."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

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


@contextmanager
def launched(*options: str) -> Iterator[Browser]:
    """Run the browser meanwhile. No other event loop can run in its thread."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  many tests need none

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*OPTIONS, *options])
        yield browser
        browser.close()
