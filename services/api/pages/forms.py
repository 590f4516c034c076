"""What a form sends: read up to a limit, and taken only from a page of ours that was made for the same person."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from services.api.http.json_bodies import read_up_to
from services.api.http.media_types import media_type_of
from services.api.http.problems import (
    BodyTooLarge,
    ForeignForm,
    MalformedBody,
    UnsupportedMediaType,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from uuid import UUID

    from starlette.datastructures import UploadFile
    from starlette.requests import Request

    from shared.db.signing import Signer

TOKEN_FIELD = "form-token"  # noqa: S105  the field's name
LARGEST_FORM = 256 * 1024
MOST_FIELDS = 1000
FORM = "application/x-www-form-urlencoded"
_PURPOSE = "form"


class Form:
    """The fields of a form as they were filled in, without blanks around them, and the files that were chosen."""

    def __init__(self, fields: Sequence[tuple[str, str]] = (), files: Mapping[str, UploadFile] | None = None) -> None:
        self.files = files or {}
        self._fields: dict[str, list[str]] = defaultdict(list)
        for name, value in fields:
            self._fields[name].append(value.replace("\r\n", "\n").strip())

    def __getitem__(self, name: str) -> str:
        """Return a field, or an empty text."""
        return next(iter(self._fields.get(name, ())), "")

    def every(self, name: str) -> list[str]:
        """Return all fields of a name."""
        return self._fields.get(name, [])

    def items(self) -> Iterator[tuple[str, str]]:
        """Yield each field but the token, for a form that is to send them again."""
        for name, values in self._fields.items():
            if name != TOKEN_FIELD:
                yield from ((name, value) for value in values)

    def filled_in(self) -> Mapping[str, str]:
        """Return what is not empty, by name."""
        return {name: value for name, value in self.items() if value}


def day_or_none(text: str) -> date | None:
    """Return the day that a field or an address names; None if it names none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def form_token(signer: Signer, person_id: UUID) -> str:
    """Return what each form of a person's carries; the same when they sign in again, so that nothing is lost."""
    return signer.sign(_PURPOSE, person_id.bytes).hex()


async def read_form(request: Request) -> Form:
    """Return what a form of ours has sent.

    Raises:
        RequestError: it is no form, or too large.
    """
    if sent_media_type(request) != FORM:
        raise UnsupportedMediaType(f"Send a form, as {FORM}.")
    body = await read_up_to(request, LARGEST_FORM)
    if body is None:
        raise BodyTooLarge(f"A form may have up to {LARGEST_FORM} bytes.")
    try:
        fields = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise MalformedBody("What was sent is no form in UTF-8.") from error
    return form_of(fields)


def form_of(fields: Sequence[tuple[str, str]], files: Mapping[str, UploadFile] | None = None) -> Form:
    """Return a form of what was sent.

    Raises:
        MalformedBody: a text, or what a file is called, has a character that cannot be stored.
    """
    names = [part for name, file in (files or {}).items() for part in (name, file.filename or "")]
    if any("\0" in part for part in (*names, *(part for field in fields for part in field))):
        raise MalformedBody("What was sent is no form in UTF-8.")
    return Form(fields, files)


def sent_media_type(request: Request) -> str:
    """Return as what a form was sent; a form without a media type is one of fields alone."""
    return media_type_of(request.headers.get("content-type", FORM)).name


def refuse_other_sites(request: Request) -> None:
    """Refuse what a browser says comes from elsewhere, and what does not say where it comes from.

    Raises:
        ForeignForm: a page of another site has sent it.
    """
    source = request.headers.get("origin") or request.headers.get("referer", "")
    public: str = request.app.state.resources.settings.public_url
    ours = {request.headers.get("host", ""), urlsplit(public).netloc} - {""}
    if _site_of(source) not in ours:
        raise ForeignForm("The form was not sent from a page of this service. Open the page here, and send it again.")


def _site_of(source: str) -> str:
    """Return the host and port of an address; of one that is none, such as `null`, nothing."""
    try:
        return urlsplit(source).netloc
    except ValueError:
        return ""
