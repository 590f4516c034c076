"""Finds rows and annexes in the content, and says who may comment on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.db.keys import KeyScope
from shared.domain.errors import UnknownIndicator
from shared.domain.person import PersonRole

if TYPE_CHECKING:
    from services.api.http.sessions import Visitor
    from services.api.pages.agreement.content import AgreementContent, AnnexContent
    from shared.annex_tables.rows import TableRow


def annexes_with(content: AgreementContent, indicator: str) -> list[AnnexContent]:
    """Return the annexes that follow an indicator, by its code."""
    return [one for one in content.annexes if any(row.indicator == indicator for row in one.table.rows)]


def row_of(content: AgreementContent, series: str) -> TableRow:
    """Return the row of a series, as ids of values begin: trainings~all.

    Raises:
        UnknownIndicator: there is none in the area's year.
    """
    rows = (row for one in content.annexes for row in one.table.rows)
    found = next((row for row in rows if series == f"{row.indicator}~{row.slice}"), None)
    if found is None:
        raise UnknownIndicator
    return found


def may_comment(visitor: Visitor | None, content: AgreementContent, indicator: str) -> bool:
    """Tell whether the visitor may comment on an indicator: who coordinates the area, and who answers for its annex."""
    area_id = content.area.area_id
    report = visitor.accesses.get(KeyScope.REPORT) if visitor else None
    if visitor is None or report is None or area_id not in report.writes:
        return False
    coordinate = visitor.accesses.get(KeyScope.COORDINATE)
    if coordinate is not None and area_id in coordinate.details:
        return True
    own = {(one.agreement_id, one.annex) for one in visitor.person.roles if one.role is PersonRole.ANNEX_OWNER}
    return any((one.table.agreement_id, one.table.number) in own for one in annexes_with(content, indicator))
