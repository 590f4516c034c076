"""The parameters of imports, and how their bodies and answers are described."""

from __future__ import annotations

import json
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Header, Path, Query

from services.api.dependencies import Today
from services.api.file_imports.arrival import Asked
from services.api.file_imports.rows import CSV, NDJSON, XLSX
from services.api.problems import BodyTooLarge, InvalidImport, UnsupportedMediaType
from services.api.specification import problems_of
from shared.intake.fields import Code, Document

ImportId = Annotated[UUID, Path(alias="importId", description="The import's id.")]


async def asked_import(
    today: Today,
    mapping: Annotated[Code | None, Query(description="Of /import-mappings, for a table of other columns.")] = None,
    dry_run: Annotated[bool, Query(alias="dryRun", description="Check and count all, keep nothing.")] = False,  # noqa: FBT002  a query parameter
    prefer: Annotated[
        str | None,
        Header(description="`respond-async`: answer 202 once the file is kept, and import it in the background."),
    ] = None,
) -> Asked:
    """Return what a client asks for beside its file."""
    return Asked(today, mapping, dry_run, prefer)


AskedImport = Annotated[Asked, Depends(asked_import)]


def bodies(csv_example: str, ndjson_example: dict[str, Any]) -> dict[str, Any]:
    """Return the `openapi_extra` of a route that takes a file."""
    return {
        "requestBody": {
            "required": True,
            "content": {
                CSV: {"schema": {"type": "string"}, "example": csv_example},
                NDJSON: {
                    "schema": {"type": "string"},
                    "example": json.dumps(ndjson_example, ensure_ascii=False) + "\n",
                },
                XLSX: {
                    "schema": {"type": "string", "format": "binary"},
                    "example": "The bytes of an Excel workbook, whose first sheet has the columns of the CSV.",
                },
            },
        }
    }


def answers(report: type[Document]) -> dict[int | str, dict[str, Any]]:
    """Return the answers of a route that takes a file, beside the one to an import that has ended."""
    return {
        202: {"model": report, "description": "Kept, and imported in the background; Location tells how it goes."},
        **problems_of(InvalidImport, UnsupportedMediaType, BodyTooLarge),
    }
