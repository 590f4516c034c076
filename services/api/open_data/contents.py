"""Catalogues as they are written, remembered for a minute: each is made of every final figure of a municipality."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from services.api.open_data.dcat import graph_of
from services.api.open_data.queries import datasets_of
from services.api.open_data.rdf import FORMS
from services.api.values.queries import on_figures
from services.api.values.selection import catalogue_with

if TYPE_CHECKING:
    from services.api.http.dependencies import Resources
    from services.api.open_data.queries import OpenDataCatalogue
    from services.api.open_data.rdf import Graph

SECONDS_REMEMBERED = 60.0
# One of 400 indicators is 2 MB in each form.
MOST_REMEMBERED = 10


@dataclass(slots=True)
class _Content:
    catalogue: OpenDataCatalogue
    graph: Graph | None
    until: float
    written: dict[str, bytes] = field(default_factory=dict)


class Contents:
    """The catalogues that were asked for last. To be asked by one request at a time."""

    def __init__(self) -> None:
        self._known: OrderedDict[int, _Content] = OrderedDict()

    async def of(self, resources: Resources, catalogue: OpenDataCatalogue, ending: str) -> bytes | None:
        """Return a catalogue in a form, with what it listed at most a minute ago; None where it lists nothing.

        The profile wants a dataset in each. A portal that is answered 404 keeps what it has harvested before.
        """
        content = self._known.get(catalogue.area_id)
        if content is None or content.catalogue != catalogue or content.until < time.monotonic():
            content = self._known[catalogue.area_id] = await _look_up(resources, catalogue)
            self._known.move_to_end(catalogue.area_id)
            if len(self._known) > MOST_REMEMBERED:
                self._known.popitem(last=False)
        if content.graph is None:
            return None
        if ending not in content.written:
            _, written = FORMS[ending]
            content.written[ending] = await asyncio.to_thread(written, content.graph)
        return content.written[ending]


async def _look_up(resources: Resources, catalogue: OpenDataCatalogue) -> _Content:
    datasets = await on_figures(resources.figures, partial(datasets_of, catalogue=catalogue))
    definitions = await catalogue_with(resources, {one.indicator for one in datasets})
    # Of what is defined no more nobody could say what it is.
    defined = [
        (one, definitions.indicators[one.indicator]) for one in datasets if one.indicator in definitions.indicators
    ]
    graph = None
    if defined:
        graph = await asyncio.to_thread(graph_of, catalogue, defined, resources.settings.public_url)
    return _Content(catalogue, graph, time.monotonic() + SECONDS_REMEMBERED)
