"""From what a report says to a file of it, made beside the loop."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Literal, NamedTuple

from services.api.http.files import place_for_file
from services.api.http.problems import InternalError
from services.api.reports.decided import decided_for, decided_report
from services.api.reports.reading import content_for, report_of
from services.api.reports.workbook import workbook_of
from shared.files.media_types import XLSX
from shared.report.docx import docx_of
from shared.report.html import html_of
from shared.report.pdf import NotSet, pdf_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.ext.asyncio import AsyncConnection

    from services.api.http.dependencies import Resources
    from services.api.reports.reading import ReportRequest
    from shared.catalogue.loader import Catalogue

Format = Literal["pdf", "html", "docx", "xlsx"]


class FormatProperties(NamedTuple):
    """A format: its media type, as what its charts are drawn, and how such a file begins."""

    media_type: str
    draws: str | None
    beginning: str


KINDS: Mapping[Format, FormatProperties] = {
    "pdf": FormatProperties("application/pdf", "svg", "%PDF-1.7…"),
    "html": FormatProperties("text/html; charset=utf-8", "svg", "<!DOCTYPE html>…"),
    "docx": FormatProperties("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "png", "PK…"),
    "xlsx": FormatProperties(XLSX, None, "PK…"),
}


async def see_that_there_is(connection: AsyncConnection, catalogue: Catalogue, subject: ReportRequest) -> None:
    """See that there is a report on a subject.

    Raises:
        UnknownReport: there is nothing to report on.
    """
    if subject.revision is None:
        await content_for(connection, catalogue, subject)
    else:
        await decided_for(connection, catalogue, subject)


async def report_file(
    resources: Resources,
    connection: AsyncConnection,
    catalogue: Catalogue,
    subject: ReportRequest,
    form: Format,
) -> bytes:
    """Return the report on a subject in a format; who asked for it has one of the places for files meanwhile.

    The connection is given back when all has been read.

    Raises:
        UnknownReport: there is nothing to report on.
        NotReady: too many files or pictures are being made.
        InternalError: it cannot be made.
    """
    with place_for_file(resources, subject.client):
        if subject.revision is None:
            content = await content_for(connection, catalogue, subject)
            report = await report_of(resources, connection, catalogue, content, subject)
        else:
            decided = await decided_for(connection, catalogue, subject)
            content = decided.content
            report = await decided_report(resources, connection, decided, subject)
        if form == "xlsx":
            return await asyncio.to_thread(workbook_of, report, content)
        writer = {"pdf": pdf_of, "html": html_of, "docx": docx_of}[form]
        try:
            return await asyncio.to_thread(writer, report)
        except NotSet as error:
            raise InternalError(
                "The report could not be made. Try again; if the problem persists, contact us and quote `instance`."
            ) from error
