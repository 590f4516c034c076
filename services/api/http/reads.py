"""Whole sets that are taken out, as the audit trail has them: by whom, what and when. Small reads are not in it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from services.api.http.actors import actor_of
from services.api.http.dependencies import resources_of
from shared.audit.events import READ, record_event
from shared.db.engine import is_unavailable, name_of
from shared.domain.free_text import fault_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fastapi import Request

logger = logging.getLogger(__name__)


async def record_read(request: Request, address: str, asked: Iterable[tuple[str, str | None]]) -> None:
    """Write down that a whole set is read, before it is sent; of what was asked for, all but personal data.

    Where nothing can be written the log has it instead.

    Raises:
        InvalidSentBy: the header X-Sent-By cannot be read.
    """
    if request.method == "HEAD":
        return
    actor = actor_of(request)
    content = {name: "(hidden)" if value and fault_of(value) else value for name, value in asked if not fault_of(name)}
    try:
        async with resources_of(request).engine.begin() as connection:
            await record_event(connection, actor, READ, address, content)
    except Exception as error:
        if not is_unavailable(error):
            raise
        # A database that only reads still answers: then the log has it.
        logger.warning("%s reads %s; the audit trail takes nothing now (%s)", actor.id, address, name_of(error))
