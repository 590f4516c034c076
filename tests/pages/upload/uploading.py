"""Sends sheets as a browser does, and answers what is asked about them."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import xlsxwriter  # type: ignore[import-untyped]  # it tells no types

from tests.pages.filling import FilledForm, open_form
from tests.pages.people import SITE, token_on

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import httpx

START = "/ladda-upp"
WALKS: list[list[object]] = [
    ["Trygghetsvandringar 2016"],
    [],
    ["Datum", "Plats", "Boende", "Poliser"],
    ["12/4", "Karlslund", 21, 2],
    ["13/5", "Lindparken", 14, 1],
    ["20/5", "Karlslund", 9, 2],
    ["Summa", "", 44, 5],
]

# In a row that is refused two cells are wrong.
FAULTY = [*WALKS[:4], ["31/4", "Lindparken", "många", 1], WALKS[5]]


def workbook(rows: Sequence[Sequence[object]], sheet: str = "Blad1") -> bytes:
    """Return a workbook of one sheet."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "default_date_format": "yyyy-mm-dd"}) as book:
        page = book.add_worksheet(sheet)
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                page.write(number, column, cell)
    return file.getvalue()


async def send(client: httpx.AsyncClient, content: bytes, name: str = "Vandringar.xlsx") -> httpx.Response:
    """Choose a file and send it."""
    data = {"form-token": await token_on(client)}
    return await client.post(START, headers={"Origin": SITE}, data=data, files={"file": (name, content)})


async def upload(client: httpx.AsyncClient, content: bytes, name: str = "Vandringar.xlsx") -> FilledForm:
    """Upload a file, and return the form with what it probably says."""
    answer = await send(client, content, name)
    assert answer.status_code == 303, answer.text
    return await open_form(client, answer.headers["location"])


async def check(client: httpx.AsyncClient, form: FilledForm, changed: Mapping[str, str] | None = None) -> FilledForm:
    """Have the rows tried, and return the form by which they are taken."""
    answer = await form.send(dict(changed or {}))
    assert answer.status_code == 303, answer.text
    return await open_form(client, answer.headers["location"])


def upload_of(trial: FilledForm) -> str:
    """Return the id of the file that a form is about."""
    return trial.page.request.url.path.removeprefix(f"{START}/").partition("/")[0]


async def correct(client: httpx.AsyncClient, trial: FilledForm, **cells: str) -> httpx.Response:
    """Send the form of the cells, and return the page that it leads to."""
    fields = {"form-token": await token_on(client), **{f"cell-{name}": content for name, content in cells.items()}}
    answer = await client.post(f"{START}/{upload_of(trial)}/ratta", data=fields, headers={"Origin": SITE})
    if answer.status_code != 303:
        return answer
    return await client.get(answer.headers["location"])
