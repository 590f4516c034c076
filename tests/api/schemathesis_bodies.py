"""Tells Schemathesis how bodies are written that it does not know: one JSON object a line, and workbooks."""

from __future__ import annotations

import json
from typing import Any

import schemathesis

from tests.api.exchanges import XLSX


@schemathesis.serializer("application/x-ndjson")
def one_line(_context: schemathesis.SerializationContext, value: Any) -> bytes:
    return value if isinstance(value, bytes) else json.dumps(value).encode()


@schemathesis.serializer(XLSX)
def workbook(_context: schemathesis.SerializationContext, value: Any) -> bytes:
    """Send bytes as they are: most are no workbook, and must be refused as such."""
    return value if isinstance(value, bytes) else str(value).encode()
