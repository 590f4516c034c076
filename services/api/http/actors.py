"""Who a request is of, as the audit trail names them: the key's holder, and who is behind it by X-Sent-By."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opentelemetry import trace

from services.api.http.problems import InvalidSentBy
from shared.db.actor import Actor
from shared.domain.sent_by import HEADER, read_sent_by

if TYPE_CHECKING:
    from fastapi import Request

    from services.api.http.auth import Caller


def actor_of(request: Request) -> Actor:
    """Return who a request that has been admitted is of.

    Raises:
        InvalidSentBy: the header cannot be read, or holds personal data.
    """
    caller: Caller = request.state.caller
    header = request.headers.get(HEADER)
    sent_by = None if header is None else read_sent_by(header)
    if isinstance(sent_by, list):
        raise InvalidSentBy("The header X-Sent-By says who is behind a request.", sent_by)
    current = trace.get_current_span().get_span_context()
    return Actor(caller.key_id, caller.name, sent_by, trace.format_trace_id(current.trace_id))
