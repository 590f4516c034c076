"""The files for Power BI name what the feed has: columns, types and relations."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.api.odata.model import Edm
from services.api.odata.sets import MODEL
from tests.node_packages import node_packages

POWERBI = Path(__file__).parents[3] / "deploy" / "powerbi"
TYPES = {
    Edm.STRING: "text",
    Edm.BOOLEAN: "logical",
    Edm.DATE: "date",
    Edm.DATE_TIME_OFFSET: "datetimezone",
    Edm.DECIMAL: "number",
    Edm.INT32: "Int64.Type",
}


def _text(name: str) -> str:
    return (POWERBI / name).read_text(encoding="utf-8")


def test_the_columns_by_web_contents_are_the_sets_own() -> None:
    listed = re.search(r"type table \[(.*?)\]", _text("indicator-values.web-contents.pq"), re.DOTALL)
    assert listed is not None
    found = re.findall(r"(\w+) = (nullable )?([\w.]+)", listed[1])
    expected = [
        (one.name, "nullable " if one.nullable else "", TYPES[one.type])
        for one in MODEL.sets["IndicatorValues"].properties
    ]
    assert found == expected


def test_what_json_has_as_text_is_converted() -> None:
    converted = dict(re.findall(r'\{"(\w+)", type (\w+)\}', _text("indicator-values.web-contents.pq")))
    assert converted == {
        one.name: TYPES[one.type]
        for one in MODEL.sets["IndicatorValues"].properties
        if one.type in {Edm.DATE, Edm.DATE_TIME_OFFSET}
    }


def test_the_navigations_are_left_out_by_odata_feed() -> None:
    (removed,) = re.findall(r"RemoveColumns\(InRange, \{(.*?)\}\)", _text("indicator-values.odata-feed.pq"))
    assert removed.replace('"', "").split(", ") == [one.name for one in MODEL.sets["IndicatorValues"].navigations]


def test_both_languages_tell_the_same_relations_which_exist() -> None:
    swedish, english = _text("README.md").split("\n# Samverkan in Power BI\n")
    relations = re.findall(r"\| `(\w+)\[(\w+)\]` \| `(\w+)\[(\w+)\]` \|", swedish)
    assert relations == re.findall(r"\| `(\w+)\[(\w+)\]` \| `(\w+)\[(\w+)\]` \|", english)
    assert {name for relation in relations for name in (relation[0], relation[2])} == set(MODEL.sets)
    for many, own, one, key in relations:
        assert MODEL.sets[one].key == (key,)
        assert any(
            navigation.target == one and navigation.keys == ((own, key),) for navigation in MODEL.sets[many].navigations
        )


def test_the_range_is_of_the_column_that_never_changes() -> None:
    for name in ("indicator-values.odata-feed.pq", "indicator-values.web-contents.pq"):
        conditions = re.findall(r"periodStartAt\]? (>=|<|ge|lt)", _text(name))
        assert conditions in ([">=", "<"], ["ge", "lt"])
        assert {"RangeStart", "RangeEnd", "ServiceUrl", "ApiKey"} <= set(re.findall(r"\w+", _text(name)))


def test_the_guide_warns_of_a_property_named_as_the_envelope_of_an_answer() -> None:
    """`trials E2`"""
    named_so = [name for name, known in MODEL.sets.items() if any(one.name == "value" for one in known.properties)]
    assert named_so
    for language, heading in zip(
        _text("README.md").split("\n# Samverkan in Power BI\n"), ("Andra program", "Other programs"), strict=True
    ):
        _, _, warning = language.partition(f"\n## {heading}\n")
        assert all(f"`{name}`" in warning for name in (*named_so, "value"))


def test_every_query_reads_an_empty_key_that_is_null_as_none() -> None:
    """`trials E6`: `"Bearer " & null` is null, which is no header."""
    guarded = 'if (ApiKey ?? "") = "" then [] else [Authorization = "Bearer " & ApiKey]'
    for file in POWERBI.glob("*.pq"):
        text = re.sub("//.*", "", file.read_text(encoding="utf-8"))
        assert text.count(guarded) == 1, file.name
        assert "ApiKey" not in text.replace(guarded, ""), file.name


@pytest.mark.parametrize(
    ("heading", "code", "swedish", "english"),
    [
        ("Inloggning / Credentials", "null", "En tom parameter är `null`", "An empty parameter is `null`"),
        ("Anslut / Connect", "Web.Contents", "mer kan `Web.Contents` inte delegera", "cannot fold anything else"),
        ("Inloggning / Credentials", "OData.Feed", "kräver `OData.Feed` en gateway", "`OData.Feed` requires a gateway"),
        (
            "Inloggning / Credentials",
            "gateway",
            "Nås Samverkan inte från internet",
            "cannot be reached from the internet",
        ),
        (
            "Inkrementell uppdatering / Incremental refresh",
            "$top=1",
            "det största `computedAt`",
            "greatest `computedAt`",
        ),
        ("Inkrementell uppdatering / Incremental refresh", "Web.Contents", "delegeras den inte", "does not fold"),
    ],
)
def test_what_surprises_in_power_bi_is_in_the_guide_in_both_languages(
    heading: str, code: str, swedish: str, english: str
) -> None:
    """`trials E6`"""
    guides = _text("README.md").split("\n# Samverkan in Power BI\n")
    for guide, title, words in zip(guides, heading.split(" / "), (swedish, english), strict=True):
        section = " ".join(guide.partition(f"\n## {title}\n")[2].partition("\n## ")[0].split())
        assert words in section
        assert code in section


@pytest.fixture(scope="module")
def microsoft() -> Path:
    """Return the folder of packages that has Microsoft's language service."""
    return node_packages("@microsoft/powerquery-language-services")


def faults(microsoft: Path, queries: dict[str, str]) -> dict[str, list[str]]:
    """Return what Microsoft's language service finds wrong with each query."""
    here = Path(__file__).parent
    library: Any = yaml.load((here / "powerquery_library.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader)
    node = shutil.which("node")
    assert node is not None
    checked = subprocess.run(
        [node, str(here / "powerquery_check.cjs")],
        input=json.dumps({"library": library, "queries": queries}),
        env={"NODE_PATH": str(microsoft)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr
    return json.loads(checked.stdout)


def test_microsofts_language_service_finds_nothing_wrong(microsoft: Path) -> None:
    """`trials E1`"""
    queries = {file.name: file.read_text(encoding="utf-8") for file in POWERBI.glob("*.pq")}
    assert len(queries) == 3
    assert faults(microsoft, queries) == {name: [] for name in queries}


def test_it_would_find_what_is_wrong(microsoft: Path) -> None:
    wrong = {
        "name": "let A = Type.TableColumnNames(type table [a = text]) in A",
        "arguments": "Table.Schema(#table({}, {}), 2)",
        "type": "Table.Schema(1)",
        "twice": "let A = 1, A = 2 in A",
        "end": "let A = ",
    }
    assert all(faults(microsoft, wrong).values())
