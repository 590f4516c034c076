"""Reads a catalogue as a portal does: by a library of its own, and against the constraints of DCAT-AP-SE."""

from __future__ import annotations

import warnings
from functools import cache
from pathlib import Path

from pyshacl import validate
from rdflib import Graph, Namespace
from rdflib.term import Node

SHACL = Namespace("http://www.w3.org/ns/shacl#")
# By ending of the address, the library's name of the syntax.
SYNTAXES = {"rdf": "xml", "ttl": "turtle", "jsonld": "json-ld"}


def read(content: bytes, ending: str) -> Graph:
    with warnings.catch_warnings():
        # The library warns of what its own reader of JSON-LD uses.
        warnings.filterwarnings("ignore", "ConjunctiveGraph is deprecated", DeprecationWarning)
        return Graph().parse(data=content, format=SYNTAXES[ending])


@cache
def _constraints() -> Graph:
    return Graph().parse(Path(__file__).with_name("dcat_ap_se.ttl"))


def objections_to(graph: Graph) -> dict[str, set[Node]]:
    """Return the properties that are objected to, by how severely: `Violation` or `Warning`."""
    _, report, _ = validate(graph, shacl_graph=_constraints())
    assert isinstance(report, Graph)
    found: dict[str, set[Node]] = {}
    for result, severity in report.subject_objects(SHACL.resultSeverity):
        for path in report.objects(result, SHACL.resultPath):
            found.setdefault(str(severity).rpartition("#")[2], set()).add(path)
    return found
