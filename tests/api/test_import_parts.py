"""Imports of a part of a sheet, whose dates lack a year and whose rows are known by some of their columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.api.test_import_forms import MAPPINGS, imported

if TYPE_CHECKING:
    import httpx

pytestmark = pytest.mark.begins_with("landskrona")


async def test_part_of_a_file_is_read_and_a_row_known_by_chosen_columns(client: httpx.AsyncClient) -> None:
    form = {"headerRow": 0, "firstRow": 3, "lastRow": 4, "delimiter": ";"}
    columns = {
        "start": {"column": "A", "format": ["%d/%m", "isoWeek"], "year": 2016},
        "participants.residents": {"column": "B"},
    }
    rules = {
        "withoutIds": True,
        "idColumns": ["A"],
        "format": form,
        "constants": {
            "source": "test",
            "type": "safety-walk",
            "agreement": "landskrona-2015-2016",
            "annex": 3,
            "area": "1282-karlslund",
            "status": "performed",
        },
        "columns": columns,
    }
    content = "Vandringar;\nDag;Boende\n29/3;{}\nv. 12;4\nSumma;9\n"
    assert (await imported(client, rules, content.format(5).encode()))[0]["created"] == 2
    report, _ = await imported(client, rules, content.format(7).encode())
    assert (report["rows"], report["updated"], report["unchanged"]) == (2, 1, 1)
    for unfit, field in (
        ({"columns": {**columns, "start": {"column": "A", "format": "%d/%m"}}}, "columns.start.format"),
        ({"withoutIds": False, "columns": {**columns, "externalId": {"column": "B"}}}, "idColumns"),
        ({"idColumns": ["Dag"]}, "idColumns"),
        (
            {"format": {**form, "headerRow": 2}, "columns": {"start": {"column": "Dag"}}, "idColumns": []},
            "format.firstRow",
        ),
    ):
        answer = await client.put(MAPPINGS, json={**rules, **unfit})
        assert [fault["field"] for fault in answer.json()["violations"]] == [field]
