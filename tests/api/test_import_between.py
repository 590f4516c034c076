import pytest
from services.api.activity_imports import importing
from services.api.requests import BASE
from tests.api.test_imports import counts, csv_of, database_url, row, send  # noqa: F401


def park(code, **changed):
    return {"kind": "place", "placeKind": "park", "name": "Karlslund", "parents": [{"code": "1282"}]} | changed


@pytest.mark.parametrize("chunk", [1, 5000])
async def test_an_area_that_changes_between_reading_and_writing_counts_as_it_is_when_written(
    client, monkeypatch, chunk
):
    monkeypatch.setattr(importing, "CHUNK", chunk)
    judge = importing._Import._judge
    changes = [("1282-karlslund", {"validFrom": "2017-01-01"}), ("1282-fresh", {})]

    async def judged_before_a_change(self, rows, settings):
        found = await judge(self, rows, settings)
        while changes:
            code, changed = changes.pop()
            put = await client.put(f"{BASE}/areas/{code}", json=park(code, **changed))
            assert put.status_code in {200, 201}, put.text
        return found

    monkeypatch.setattr(importing._Import, "_judge", judged_before_a_change)
    report = await send(client, csv_of(row(1), row(2, area="1282-fresh"), row(3), row(4, area="1282-fresh")))
    assert counts(report) == {"rows": 4, "created": 2, "refused": 2}, report["remarks"]
