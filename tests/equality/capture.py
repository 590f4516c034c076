"""Everything that a running service shows of its figures, asked for in every form that it has."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pyarrow import parquet  # type: ignore[import-untyped]  # it tells no types

from tests.equality.recording import Recorder

BASE = "/samverkan/v1"
ODATA = "/samverkan/odata/v4"
PERIOD_TYPES = ("month", "tertial", "year")
# Of so many that are alike one is asked for by itself, a value with the facts that it is made of.
STRIDE = 61
FACTS = ("activities", "places", "commitments", "observations")
LISTS = (
    "activities",
    "activity-imports",
    "activity-types",
    "areas",
    "duplicate-suspects",
    "import-mappings",
    "indicators",
    "notes",
    "observation-imports",
    "observations",
    "pulled-sources",
    "roles",
    "webhooks",
)
SHARE = "indicatorCode eq 'graffiti-started-in-time' and slice eq 'all'"
COUNT = "indicatorCode eq 'graffiti-cleanups' and slice eq 'all'"
MONTHS = f"{COUNT} and periodType eq 'month' and areaKind eq 'municipality'"
# Queries of the feed, by the name under which their answers are stored.
ODATA_QUERIES: Mapping[str, str] = {
    "sum": f"IndicatorValues?$apply=filter({MONTHS})/aggregate(numerator with sum as total,$count as rows)",
    "sum-by-area": f"IndicatorValues?$apply=filter({MONTHS})/groupby((areaCode,Area/nameSv),"
    "aggregate(numerator with sum as total))&$orderby=areaCode",
    "sum-by-period": f"IndicatorValues?$apply=filter({MONTHS})/groupby((TimePeriod/year),"
    "aggregate(numerator with max as most,numerator with min as least))&$orderby=TimePeriod/year desc",
    "areas-by-kind": "Areas?$apply=groupby((kind),aggregate($count as areas))&$orderby=kind",
    "activities-by-type": "Activities?$apply=groupby((activityType),aggregate($count as activities))"
    "&$orderby=activityType",
    "shares": f"IndicatorValues?$filter={SHARE}&$orderby=value desc,id&$top=500&$expand=Indicator,Area,TimePeriod",
    "years": "IndicatorValues?$filter=periodType eq 'year' and value gt 0.5&$orderby=periodStart desc,id&$top=2000"
    "&$select=id,value,numerator,denominator,status&$count=true",
    "names": "IndicatorValues?$filter=contains(Area/nameSv,'ar') and status ne 'zero'&$orderby=id&$top=1000"
    "&$expand=Area($select=code,nameSv)",
    "targets": "Targets?$expand=Indicator&$orderby=id",
}


def capture(url: str, key: str, folder: Path) -> None:
    """Keep in a new folder what the service at `url` answers to somebody with an API key.

    Nothing that is asked depends on the day or the time of day.

    Raises:
        FileExistsError: the folder is there already.
    """
    with Recorder(url, key, folder) as recorder:
        _documents(recorder)
        _lists(recorder)
        areas = _agreements(recorder)
        values = _indicator_values(recorder)
        _lineage(recorder, values[::STRIDE])
        _changes(recorder)
        _odata(recorder)
        _files(recorder)
        _charts(recorder, values, areas)


def _documents(recorder: Recorder) -> None:
    recorder.get("api-info.json", f"{BASE}/api-info")
    recorder.get("informative/openapi.json", f"{BASE}/openapi.json")


def _lists(recorder: Recorder) -> None:
    found = {noun: _entries(recorder.pages(noun, f"{BASE}/{noun}")) for noun in LISTS}
    municipalities = [area for area in found["areas"] if area["kind"] == "municipality"]
    others = [area for area in found["areas"] if area["kind"] != "municipality"]
    for area in [*municipalities[::STRIDE], *others]:
        address = f"{BASE}/areas/{quote(area['code'], safe='')}"
        recorder.get(f"areas/each/{area['code']}.json", address)
        recorder.get(f"areas/each/{area['code']}-roles.json", f"{address}/roles")
    for observation in found["observations"][::STRIDE]:
        address = f"{BASE}/observations/{observation['id']}/revisions"
        _drained(recorder.pages(f"observations/each/{observation['id']}", address))
    for one in found["activity-imports"]:
        address = f"{BASE}/activity-imports/{one['id']}/remarks"
        _drained(recorder.pages(f"activity-imports/each/{one['id']}", address))
    for indicator in found["indicators"]:
        recorder.get(f"indicators/each/{indicator['code']}.json", f"{BASE}/indicators/{indicator['code']}")


def _agreements(recorder: Recorder) -> list[str]:
    """Keep all agreements with what they hold, and return the areas that have one."""
    agreements = _entries(recorder.pages("agreements", f"{BASE}/agreements"))
    areas = sorted({area for agreement in agreements for area in agreement["areas"]})
    for area in areas:
        recorder.get(f"agreements/areas/{area}-terms.json", f"{BASE}/areas/{area}/terms")
    for agreement in agreements:
        address = f"{BASE}/agreements/{agreement['code']}"
        recorder.get(f"agreements/{agreement['code']}/agreement.json", address)
        for noun in ("annexes", "targets", "commitments"):
            _drained(recorder.pages(f"agreements/{agreement['code']}/{noun}", f"{address}/{noun}"))
    return areas


def _indicator_values(recorder: Recorder) -> list[dict[str, Any]]:
    """Keep the list of values in its forms, and return the values."""
    address = f"{BASE}/indicator-values"
    pages = list(recorder.pages("indicator-values/json", address))
    recorder.sheets("indicator-values/csv", address, len(pages))
    _drained(recorder.pages("indicator-values/named", f"{address}?expand=names&periodType=tertial"))
    recorder.sheets("indicator-values/named-csv", f"{address}?expand=names&periodType=year", 1)
    narrow = f"{address}?periodType=month&from=2016-01&to=2016-03&fields=id,value,status&sort=-value"
    _drained(recorder.pages("indicator-values/sorted", f"{narrow}&indicator=graffiti-cleanups"))
    _drained(recorder.pages("indicator-values/period", f"{address}?period=2016-T1"))
    return _entries(pages)


def _lineage(recorder: Recorder, values: Sequence[Mapping[str, Any]]) -> None:
    for value in values:
        address = f"{BASE}/indicator-values/{quote(value['id'], safe='~')}"
        document = recorder.document(f"lineage/{value['id']}", address)
        for facts in FACTS:
            if facts in document["_links"]:
                _drained(recorder.pages(f"lineage/{value['id']}-{facts}", f"{address}/{facts}"))


def _changes(recorder: Recorder) -> None:
    address = f"{BASE}/changes?batchSize=1000"
    for number in count(1):
        batch = recorder.document(f"changes/{number:04}", address)
        if not batch["hasMore"]:
            return
        address = batch["_links"]["next"]["href"]


def _odata(recorder: Recorder) -> None:
    recorder.get("odata/$metadata.xml", f"{ODATA}/$metadata")
    sets = recorder.document("odata/service", f"{ODATA}/")
    for one in sets["value"]:
        _feed(recorder, f"odata/{one['url']}", f"{ODATA}/{one['url']}")
        recorder.get(f"odata/{one['url']}/count.txt", f"{ODATA}/{one['url']}/$count")
    for name, query in ODATA_QUERIES.items():
        _feed(recorder, f"odata/{name}", f"{ODATA}/{quote(query, safe='?$&=(),/;')}")


def _feed(recorder: Recorder, name: str, address: str) -> None:
    for number in count(1):
        page = recorder.document(f"{name}/{number:04}", address)
        if "@odata.nextLink" not in page:
            return
        address = page["@odata.nextLink"]


def _files(recorder: Recorder) -> None:
    address = f"{BASE}/indicator-value-files"
    recorder.get("files/values.csv", f"{address}?format=csv")
    recorder.get("files/named.csv", f"{address}?format=csv&expand=names")
    workbook = recorder.get("files/values.xlsx", f"{address}?format=xlsx", keep=False)
    for name, content in _members(workbook):
        recorder.keep(f"files/values.xlsx/{name}", content)
    table = recorder.get("files/values.parquet", f"{address}?format=parquet", keep=False)
    for name, content in _columns(table):
        recorder.keep(f"files/values.parquet/{name}", content)
    for period_type in PERIOD_TYPES:
        recorder.get(f"files/stratsys-{period_type}.txt", f"{address}?format=stratsys&periodType={period_type}")


def _members(workbook: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the parts of a workbook, but for its properties, which say when it was made."""
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
        for name in archive.namelist():
            if name != "docProps/core.xml":
                yield name, archive.read(name)


def _columns(table: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the schema and the columns of a Parquet file; its bytes name the library that wrote it."""
    read = parquet.read_table(io.BytesIO(table))
    yield "schema.txt", str(read.schema).encode()
    for name in read.column_names:
        yield f"{name}.txt", "\n".join(map(str, read.column(name).to_pylist())).encode()


def _charts(recorder: Recorder, values: Sequence[Mapping[str, Any]], areas: Sequence[str]) -> None:
    """Keep a chart of every series that the areas with an agreement have values of; in English for the years."""
    series = {(value["areaCode"], value["indicatorCode"], value["slice"]) for value in values}
    for area, indicator, part in sorted(series):
        if area not in areas:
            continue
        for period_type in PERIOD_TYPES:
            query = f"indicator={indicator}&slice={part}&area={area}&periodType={period_type}&from=2015&to=2017"
            language = "en" if period_type == "year" else "sv"
            address = f"{BASE}/indicator-values/chart.svg?{query}&language={language}"
            recorder.get(f"charts/{area}/{indicator}~{part}-{period_type}.svg", address)


def _entries(pages: Iterator[dict[str, Any]] | Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the entries of a list's pages; what is not about the page itself is the one list in it."""
    return [entry for page in pages for found in page.values() if isinstance(found, list) for entry in found]


def _drained(pages: Iterator[object]) -> None:
    for _ in pages:
        pass
