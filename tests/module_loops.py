"""Lets the tests of a module share a loop, and so the sessions of PostgreSQL that a fixture has opened for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def run_modules_in_one_loop(items: Sequence[pytest.Item], folder: Path) -> None:
    """Run all tests of each module in a folder in one loop. Call it before others choose tests by their marks."""
    for item in items:
        if folder in item.path.parents and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="module"), append=False)
