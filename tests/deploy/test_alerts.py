"""Alerts and dashboard: each names metrics that exist, and fires when it should: trials G10."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from fastapi import FastAPI
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from services.indicators.metrics import WorkerMetrics
from shared.operation.counts import REFUSED
from tests.api.exposition import metrics_of

ROOT = Path(__file__).parents[2]
PROMETHEUS = ROOT / "deploy" / "prometheus"
DASHBOARD = json.loads((ROOT / "deploy" / "grafana" / "samverkan.json").read_text(encoding="utf-8"))
RULES = [rule for group in yaml.safe_load((PROMETHEUS / "rules.yaml").read_text())["groups"] for rule in group["rules"]]
# A metric's name, and the labels by which some of it are chosen.
NAMED = re.compile(r"\b((?:samverkan|process)_[a-z_]+)(?:\{([^}]*)\})?")
GROUPED = re.compile(r"\b(?:by|on) \(([^)]*)\)")
# Prometheus adds them.
ADDED = {"instance", "job"}


def queries() -> Iterator[tuple[str, str]]:
    """Yield every query by what it is for."""
    yield from ((rule["alert"], rule["expr"]) for rule in RULES)
    for panel in DASHBOARD["panels"]:
        yield from ((panel["title"], target["expr"]) for target in panel["targets"])


@pytest.fixture
async def labels(app: FastAPI, stranger: httpx.AsyncClient) -> dict[str, set[str]]:
    """Return every metric that the API and the worker have, with its labels."""
    await stranger.get("/health/live")
    REFUSED.labels("a_test").inc()
    worker = WorkerMetrics()
    worker.seconds.labels("sweep").observe(1)
    pages = [await metrics_of(app), generate_latest(worker._registry).decode()]
    found: dict[str, set[str]] = {}
    for page in pages:
        for family in text_string_to_metric_families(page):
            for sample in family.samples:
                found.setdefault(sample.name, set()).update(sample.labels)
    return found


async def test_every_query_names_metrics_and_labels_that_exist(labels: dict[str, set[str]]) -> None:
    assert len(labels) > 30
    for what, query in queries():
        named = NAMED.findall(query)
        assert named, what
        for name, chosen in named:
            assert name in labels, f"{what}: {name}"
            assert set(re.findall(r"(\w+)\s*[=!]~?", chosen)) <= labels[name] | ADDED, f"{what}: {chosen}"
        known = set().union(ADDED, *(labels[name] for name, _ in named))
        for group in GROUPED.findall(query):
            assert set(re.split(r",\s*", group)) <= known, f"{what}: {group}"


def test_every_alert_says_what_to_do() -> None:
    for rule in RULES:
        assert rule["labels"]["severity"] in {"critical", "warning"}
        assert {"summary", "description"} <= rule["annotations"].keys(), rule["alert"]


def test_panels_have_titles_and_places_of_their_own() -> None:
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len({panel["title"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        place: dict[str, Any] = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert max(x for x, _ in cells) < 24
        assert not taken & cells, panel["title"]
        taken |= cells


@pytest.fixture
def promtool() -> str:
    found = os.environ.get("PROMTOOL") or shutil.which("promtool")
    if found is None:
        pytest.skip("promtool is not installed, and PROMTOOL names none")
    return found


def run(promtool: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([promtool, *map(str, arguments)], capture_output=True, text=True, check=False)


def test_prometheus_takes_the_configuration_and_every_query(promtool: str, tmp_path: Path) -> None:
    checked = run(promtool, "check", "config", PROMETHEUS / "prometheus.yaml")
    assert checked.returncode == 0, checked.stderr
    recorded = [{"record": f"query:{number}", "expr": query} for number, (_, query) in enumerate(queries())]
    path = tmp_path / "queries.yaml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "all", "rules": recorded}]}))
    checked = run(promtool, "check", "rules", path)
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize(
    ("now", "then"), [("", ""), ("_writable) == 0", "_writable) == 1"), ("> 0.05", "> 0.001"), ("for: 2m", "for: 2h")]
)
def test_alerts_fire_when_they_should_and_no_others(promtool: str, tmp_path: Path, now: str, then: str) -> None:
    """Any other rule fails the test of the rules."""
    rules = (PROMETHEUS / "rules.yaml").read_text()
    assert now in rules
    (tmp_path / "rules.yaml").write_text(rules.replace(now, then) if now else rules)
    shutil.copy(Path(__file__).with_name("alerts.yaml"), tmp_path)
    tested = run(promtool, "test", "rules", tmp_path / "alerts.yaml")
    assert (tested.returncode == 0) == (now == ""), tested.stdout + tested.stderr
