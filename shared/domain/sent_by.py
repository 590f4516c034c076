"""The header X-Sent-By: the person or system behind a caller, as in `type=adAccount; joe01doe`."""

from __future__ import annotations

import re

from shared.domain.contact_details import contact_details_in
from shared.domain.errors import Violation
from shared.domain.free_text import REMEDY, Guard, fault_of

HEADER = "X-Sent-By"
EXAMPLE = "type=adAccount; joe01doe"

_LONGEST = 200
_PARTS = 2
_TYPE = re.compile(r"type\s*=\s*([A-Za-z][A-Za-z0-9-]*)", re.IGNORECASE)


def read_sent_by(header: str) -> str | list[Violation]:
    """Return the header in one form, whichever of its two parts came first; or what is wrong with it.

    An id that an account or party has passes; a personal identity number, or a way to reach a person, does not.
    """
    parts = [part.strip() for part in header.split(";")]
    types = [found[1] for part in parts if (found := _TYPE.fullmatch(part))]
    values = [part for part in parts if part and not _TYPE.fullmatch(part)]
    is_whole = len(parts) == _PARTS and len(types) == len(values) == 1
    if not is_whole or len(header) > _LONGEST or not header.isprintable():
        remedy = "Send who is behind the request and of which type that is, in either order: type=adAccount; joe01doe."
        return [Violation(HEADER, "is not of the form type=<type>; <id>", remedy)]
    fault = fault_of(values[0], Guard.IDENTIFIER) or contact_details_in(values[0])
    if fault:
        return [Violation(HEADER, fault, REMEDY)]
    return f"type={types[0]}; {values[0]}"
