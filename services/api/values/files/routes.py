"""`/indicator-value-files`: any selection of values as one file.

A resource apart from the list of values: a list comes in pages, each of its own moment, and a file is whole.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import ExitStack, aclosing, closing
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from fastapi import Request, Response
from psycopg import AsyncConnection
from pydantic.alias_generators import to_camel

from services.api.http.auth import READ
from services.api.http.dependencies import Resources, Today, resources_of
from services.api.http.files import place_for_file
from services.api.http.languages import preferred_language
from services.api.http.media_types import preferred
from services.api.http.problems import InvalidQuery, NotAcceptable, NotReady, problems_of
from services.api.http.reads import record_read
from services.api.http.routing import query_parameters, read_query, router
from services.api.values import queries
from services.api.values.csv_export import EXAMPLE_SHEET, sources_of
from services.api.values.files.parquet import ParquetWriter
from services.api.values.files.schemas import MEANT_FOR, FileQuery, Format
from services.api.values.files.streaming import FOLLOWING, Snapshot, ValueFile, pieces_of
from services.api.values.files.workbook import MOST_ROWS, WorkbookWriter
from services.api.values.files.writers import CsvWriter, LocalCsvWriter, StratsysWriter, TableWriter
from services.api.values.following import Following, following
from services.api.values.names import NAMES
from services.api.values.queries import CountCache
from services.api.values.selection import filter_of
from shared.domain.errors import Violation
from shared.domain.wording import Language
from shared.files.media_types import CSV, PARQUET, XLSX

if TYPE_CHECKING:
    from datetime import date

    from services.api.values.queries import ValueFilter

# How long a file that is to be complete waits for what follows, and how often it looks.
MOST_SECONDS = 30.0
SECONDS_BETWEEN_LOOKS = 0.25

# By format: the media type, how a file's name ends, and how such a file begins.
KINDS: dict[Format, tuple[str, str, str]] = {
    "csv": (f"{CSV}; charset=utf-8", "csv", EXAMPLE_SHEET),
    "xlsx": (XLSX, "xlsx", "PK…"),
    "parquet": (PARQUET, "parquet", "PAR1…"),
    "stratsys": (
        "text/tab-separated-values; charset=utf-8",
        "txt",
        "2016-01-01\t1282\tgraffiti-started-in-time~all\tvalue\t90,625",
    ),
}
_BODY = {"schema": {"type": "string", "format": "binary"}}

indicator_value_files = router("indicator-value-files")


@indicator_value_files.get(
    "",
    dependencies=[READ],
    response_class=Response,
    summary="Get indicator values as a file",
    openapi_extra=query_parameters(FileQuery),
    responses={
        200: {
            "content": {
                media_type.partition(";")[0]: {**_BODY, "example": example} for media_type, _, example in KINDS.values()
            },
            "headers": {
                FOLLOWING: {
                    "description": "What was still being computed when the file was read: nothing; comparisons, which "
                    "are null where they are not there yet; or figures, too.",
                    "schema": {"type": "string", "enum": [*Following]},
                    "example": "nothing",
                }
            },
        },
        **problems_of(NotAcceptable, NotReady),
    },
)
async def get_indicator_value_file(request: Request, today: Today) -> Response:
    """Hämta värden som fil: CSV, XLSX, Parquet eller för Stratsys. / Get values as a file.

    `format` anger formatet, annars `Accept`. Alla värden som efterfrågas, från ett och samma ögonblick, skickade medan
    de läses: en fil som inte togs emot till slutet är inte hel. XLSX rymmer 1 048 575 värden. I Parquet är tal
    decimaltal, dagar datum och koder ordlistor.

    För Stratsys har varje rad datum, enhet, mått, kolumn och värde, med tabb emellan och utan rubrikrad. Koderna är
    våra och läggs in där som externa koder: området; `indikator~del`; `value`, eller `target` där en enda nivå är satt
    för just en sådan period. Ett mått där har en periodicitet: ange `periodType` eller `period`. Den som saknar värde
    har ingen rad.

    Jämförelserna kommer strax efter sina värden, efter ett månadsskifte senare. Rubriken `Samverkan-Following` anger om
    filen har alla; med `complete=true` skickas den när den har det, eller avvisas efter en halv minut. /
    `format` states the format, otherwise `Accept`. All values that are asked for, as they are at one moment, sent while
    they are read: a file that was not received to its end is not whole. XLSX has room for 1,048,575 values. In Parquet
    numbers are decimals, days dates, and codes dictionaries.

    Comparisons follow their figures after a moment, after the end of a month later. The header `Samverkan-Following`
    tells whether the file has them all; with `complete=true` it is sent when it has, or refused after half a minute.

    For Stratsys each line has a date, a unit, a measure, a column and a value, with tabs between and without a header.
    The codes are ours, to be entered there as external codes: the area; `indicator~slice`; `value`, or `target` where a
    single level is set for just such a period. A measure there has one periodicity: name a `periodType` or a `period`.
    What has no value has no line.
    """
    resources, query = resources_of(request), _with_form(request, read_query(request, FileQuery))
    _refuse_mixed_periods(query)

    async def select(connection: AsyncConnection) -> ValueFilter:
        asked = await filter_of(resources, connection, query, today)
        if query.format == "xlsx" and await resources.singleton(CountCache).at_least(connection, asked) > MOST_ROWS:
            remedy = "Narrow the selection, or ask for csv or parquet."
            raise InvalidQuery("A workbook has no room for all.", [Violation("format", "has too few rows", remedy)])
        return asked

    asked = await queries.on_figures(resources.figures, select)
    media_type, ending, _ = KINDS[query.format or "csv"]
    snapshot = Snapshot(today)
    await record_read(request, "indicator-value-files", [*request.query_params.multi_items(), ("format", ending)])
    pieces = await _begun(resources, asked, query, snapshot, request.state.caller.key_id)
    return ValueFile(pieces, media_type, f"indicator-values-{today}.{ending}", snapshot.followed_by)


def _with_form(request: Request, query: FileQuery) -> FileQuery:
    """Return the query with the format that it names, or else the one of our media types that the client likes best.

    A workbook is for people: it is in a language, whether one is named or not.

    Raises:
        NotAcceptable: it names no format, and takes none of ours.
        InvalidQuery: an option does nothing for the format.
    """
    chosen = query.format or _preferred_format(request)
    _refuse_idle_options(query, chosen)
    language = query.locale
    if chosen == "xlsx" and language is None:
        language = preferred_language(request.headers.get("accept-language", ""), Language.SV).value
    return query.model_copy(update={"format": chosen, "locale": language})


def _preferred_format(request: Request) -> Format:
    formats = {media_type.partition(";")[0]: name for name, (media_type, _, _) in KINDS.items()}
    wanted = preferred(",".join(request.headers.getlist("accept")), tuple(formats))
    if wanted is None:
        raise NotAcceptable(f"The file comes as {', '.join(formats)}; or name one in `format`.")
    return formats[wanted]


def _refuse_idle_options(query: FileQuery, chosen: Format) -> None:
    """Refuse an option that does nothing for the format: who names it expects something of it."""
    idle = []
    for name, formats in MEANT_FOR.items():
        if name in query.model_fields_set and chosen not in formats:
            others = " or ".join(sorted(formats))
            idle.append(Violation(to_camel(name), f"does nothing for {chosen}", f"Leave it out, or ask for {others}."))
    if idle:
        raise InvalidQuery("An option does nothing for this file.", idle)


def _refuse_mixed_periods(query: FileQuery) -> None:
    if query.format == "stratsys" and not (query.period_type or query.period):
        wrong = Violation(
            "periodType", "is missing", "Give month, quarter, tertial, halfYear or year: the measure's periodicity."
        )
        raise InvalidQuery("A file for Stratsys is of periods of one type.", [wrong])


async def _begun(
    resources: Resources, asked: ValueFilter, query: FileQuery, snapshot: Snapshot, client: str
) -> AsyncGenerator[bytes]:
    """Return the pieces of a file whose snapshot has been taken; one that is to be complete is begun when it would be.

    Raises:
        NotReady: it is not complete in time, or too many files are being sent.
    """
    give_up_at = time.monotonic() + MOST_SECONDS
    while True:
        if query.complete:
            await _wait_for_what_follows(resources, asked, snapshot.today, give_up_at)
        pieces = _pieces(resources, asked, query, snapshot, client)
        await anext(pieces)
        if not query.complete or snapshot.followed_by is Following.NOTHING:
            return pieces
        await pieces.aclose()  # something has changed just now


async def _wait_for_what_follows(resources: Resources, asked: ValueFilter, today: date, give_up_at: float) -> None:
    """Wait until every figure and comparison is there; neither a connection nor a place among the files is held."""
    look = partial(following, asked=asked, today=today)
    while (left := await queries.on_figures(resources.figures, look)) is not Following.NOTHING:
        if time.monotonic() > give_up_at:
            remedy = "Ask again later, or without `complete`; /health/ready tells how far behind they are."
            violation = Violation("complete", f"{left} are still being computed", remedy)
            raise NotReady("The file would not be complete.", [violation], {"Retry-After": "60"})
        await asyncio.sleep(SECONDS_BETWEEN_LOOKS)


async def _pieces(
    resources: Resources, asked: ValueFilter, query: FileQuery, snapshot: Snapshot, client: str
) -> AsyncGenerator[bytes]:
    """Yield the file: few are made at once, so that other requests find connections, and fewer for each client."""
    names: Sequence[str] = NAMES if query.expand or query.locale else ()
    with ExitStack() as opened:
        writer = _writer(query, names, opened)
        opened.enter_context(place_for_file(resources, client))
        async with aclosing(pieces_of(resources, asked, writer, names, snapshot)) as pieces:
            async for piece in pieces:
                yield piece


def _writer(query: FileQuery, names: Sequence[str], opened: ExitStack) -> TableWriter:
    """Return what writes the format; what it has open on disk is closed and removed with the stack."""
    match query.format, query.locale:
        case "csv", None:
            return CsvWriter(sources_of(names=names))
        case "csv", str() as language:
            return LocalCsvWriter(Language(language))
        case "xlsx", str() as language:
            folder = opened.enter_context(TemporaryDirectory(prefix="samverkan-"))
            return opened.enter_context(closing(WorkbookWriter(Language(language), Path(folder))))
        case "parquet", _:
            return ParquetWriter(sources_of(names=names))
        case _:
            return StratsysWriter(query.decimal_sign)
