"""A form may send a file only where a page asks for one, and only who may send it there; a large one is not read."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import httpx
import pytest
from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.responses import JSONResponse, Response

from services.api.http.problems import MalformedBody
from services.api.pages.forms import LARGEST_FORM, form_of
from services.api.pages.routing import REPORTER, TAKES_FILE, page_router, sent_form
from services.api.pages.sent_files import LARGEST_FILE
from shared.domain.person import GivenRole, PersonRole
from tests.pages.people import AREA, SITE, invite, sign_in, token_on, words_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fastapi import FastAPI

pytestmark = [pytest.mark.long]
READER = (GivenRole(PersonRole.READER, AREA),)
router = page_router()


@router.post("/fil", dependencies=[REPORTER, TAKES_FILE])
async def receive(request: Request) -> Response:
    """Answer with what was received."""
    form = sent_form(request)
    files = {name: (file.filename, (await file.read()).decode()) for name, file in form.files.items()}
    return JSONResponse({"files": files, "texts": dict(form.items())})


@pytest.fixture
def app(app: FastAPI) -> FastAPI:
    """Return the app with a page that takes a file."""
    app.include_router(router)
    return app


async def _send(
    client: httpx.AsyncClient, token: str | None = None, content: bytes = b"a;b", **fields: str
) -> httpx.Response:
    fields = {"form-token": await token_on(client) if token is None else token, **fields}
    return await client.post("/fil", headers={"Origin": SITE}, data=fields, files={"file": ("Maj å.csv", content)})


async def test_a_file_arrives_with_its_name_and_the_other_fields(phone: httpx.AsyncClient, database_url: str) -> None:
    await sign_in(phone, invite(database_url))
    answer = await _send(phone, content="Plats;Å".encode(), note=" Hej ")
    assert answer.json() == {"files": {"file": ["Maj å.csv", "Plats;Å"]}, "texts": {"note": "Hej"}}


@pytest.mark.parametrize("name", ["a\0b.csv", "\0"])
def test_a_name_of_a_file_that_cannot_be_stored_is_refused(name: str) -> None:
    with pytest.raises(MalformedBody):
        form_of([], {"file": UploadFile(BytesIO(b"a;b"), filename=name)})


async def test_without_a_chosen_file_there_is_none(phone: httpx.AsyncClient, database_url: str) -> None:
    await sign_in(phone, invite(database_url))
    data = {"form-token": await token_on(phone)}
    for files in ({"file": ("", b"")}, None):
        answer = await phone.post("/fil", headers={"Origin": SITE}, data=data, files=files)
        assert answer.json()["files"] == {}


async def test_what_a_stranger_or_a_reader_sends_is_not_read(phone: httpx.AsyncClient, database_url: str) -> None:
    assert (await _post(phone, _not_to_be_read())).status_code == 401
    await sign_in(phone, invite(database_url, "bo@kommun.example", READER))
    assert (await _post(phone, _not_to_be_read())).status_code == 403


async def test_a_file_that_is_too_large_and_what_is_no_form_are_refused_by_a_page(
    phone: httpx.AsyncClient, database_url: str
) -> None:
    await sign_in(phone, invite(database_url))
    answer = await _send(phone, content=b"x" * (LARGEST_FILE + LARGEST_FORM))
    assert answer.status_code == 413
    assert "Dela filen" in words_of(answer)
    for content in (b"--x\r\n\r\n", b"--x\r\nContent-Disposition: form-data\r\n\r\na\r\n--x--\r\n", b"{}"):
        assert (await _post(phone, content)).status_code == 400
    two = [("file", ("a.csv", b"a")), ("file", ("b.csv", b"b"))]
    assert (await phone.post("/fil", headers={"Origin": SITE}, files=two)).status_code == 400


async def test_a_file_needs_the_forms_token(phone: httpx.AsyncClient, database_url: str) -> None:
    await sign_in(phone, invite(database_url))
    answer = await _send(phone, token="", note="Vid sjön")
    assert answer.status_code == 403
    assert "Vid sjön" in words_of(answer)
    assert (await _send(phone)).status_code == 200
    answer = await phone.post("/fil", headers={"Origin": "https://evil.example"}, files={"file": ("a.csv", b"a")})
    assert answer.status_code == 403


async def _post(client: httpx.AsyncClient, content: bytes | AsyncIterator[bytes]) -> httpx.Response:
    headers = {"Origin": SITE, "Content-Type": "multipart/form-data; boundary=x"}
    return await client.post("/fil", headers=headers, content=content)


async def _not_to_be_read() -> AsyncIterator[bytes]:
    yield b"--x"
    raise AssertionError("the body was read")
