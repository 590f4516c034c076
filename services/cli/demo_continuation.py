"""The demo's present: Landskrona's year goes on as the present year, made up from the same files, up to this month.

Without it no agreement of the demo would be in force today: nothing could be reported, and nothing would be due.
"""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import yaml

from services.cli import client
from shared.domain.period import Period, PeriodType

if TYPE_CHECKING:
    from datetime import date

    import httpx

TERMS, AGREEMENT, COMMITMENTS = "terms.csv", "agreement-2015-2016.yaml", "commitments.yaml"
# The last file corrects the first.
ACTIVITIES = ("activities-2016.csv", "corrections-2016.csv")
CODE, FORMER_CODE = "landskrona-{year}", "landskrona-2015-2016"
_DAY = re.compile(r"\b\d{4}-\d{2}-\d{2}")
_EXTERNAL_ID = re.compile(r"\bdemo-(?=[a-z]+-\d)")


def send_continuation(api: httpx.Client, folder: Path, today: date) -> None:
    """Send in the present year's terms, agreement, commitments, and what was done before this month.

    What the files say of 2015 and 2016 stays as it is.
    """
    with TemporaryDirectory() as path:
        made = Path(path)
        terms = (folder / TERMS).read_text(encoding="utf-8")
        of_2016 = [line for line in terms.splitlines(keepends=True) if "2016" in line]
        (made / TERMS).write_text(terms + shifted("".join(of_2016), today.year), encoding="utf-8")
        client.put_terms(api, made / TERMS)
        agreement = (folder / AGREEMENT).read_text(encoding="utf-8").replace('"2015-01-01"', '"2016-01-01"')
        (made / AGREEMENT).write_text(shifted(agreement, today.year), encoding="utf-8")
        client.put_agreement(api, made / AGREEMENT)
        commitments = yaml.safe_load(shifted((folder / COMMITMENTS).read_text(encoding="utf-8"), today.year))
        commitments["commitments"] = [_so_far(one, today) for one in commitments["commitments"]]
        (made / COMMITMENTS).write_text(yaml.safe_dump(commitments), encoding="utf-8")
        client.put_commitments(api, made / COMMITMENTS)
        month = Period.containing(PeriodType.MONTH, today).start
        for name in ACTIVITIES:
            header, *rows = (folder / name).read_text(encoding="utf-8").splitlines(keepends=True)
            done = [row for row in (shifted(row, today.year) for row in rows) if max(_DAY.findall(row)) < str(month)]
            (made / name).write_text("".join((header, *done)), encoding="utf-8")
            client.send_activities(api, made / name)


def shifted(text: str, year: int) -> str:
    """Return a text of 2016 as one of a year: its days, the year before, the agreement, and ids of activities."""
    text = text.replace(FORMER_CODE, CODE.format(year="2016")).replace("2015–2016", "2016")
    text = text.replace("2016-02-29", "2016-02-28")
    text = text.replace("2015", str(year - 1)).replace("2016", str(year))
    return _EXTERNAL_ID.sub(f"demo-{year}-", text)


def _so_far(commitment: dict[str, Any], today: date) -> dict[str, Any]:
    """Return a commitment without what will have been decided only later."""
    decisions = [one for one in commitment.get("decisions", ()) if one["fulfilledOn"] <= str(today)]
    withdrawn = commitment.get("withdrawnOn")
    return commitment | {"decisions": decisions, "withdrawnOn": withdrawn if str(withdrawn) <= str(today) else None}
