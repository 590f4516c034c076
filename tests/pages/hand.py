"""What a person does with a mouse, counted; and the worker's part meanwhile, beside a browser that has a loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.db.engine import build_engine

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Locator, Page
    from sqlalchemy.ext.asyncio import AsyncEngine


@dataclass
class Hand:
    """Counts what a person has to click; a typed text and a link that is opened from a mail are none."""

    page: Page
    clicks: int = 0

    def click(self, what: Locator) -> None:
        """Click something once."""
        what.click()
        self.clicks += 1

    def press(self, name: str) -> None:
        """Press a button."""
        self.click(self.page.get_by_role("button", name=name, exact=True))

    def follow(self, name: str) -> None:
        """Follow a link."""
        self.click(self.page.get_by_role("link", name=name))

    def choose_file(self, field: Locator, file: Path) -> None:
        """Open the dialogue, and choose a file in it."""
        field.set_input_files(file)
        self.clicks += 2

    def choose(self, field: Locator, value: str) -> None:
        """Open a list, and choose one of it."""
        field.select_option(value)
        self.clicks += 2


def work_on(database_url: str, work: Callable[[AsyncEngine], Awaitable[object]]) -> None:
    """Do something in the database, in a loop of its own."""

    async def with_engine() -> None:
        engine = build_engine(database_url)
        await work(engine)
        await engine.dispose()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(with_engine())).result()
