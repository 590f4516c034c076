"""How many figures are not what a computation from scratch makes of the facts."""

from __future__ import annotations

from services.indicators.compute.rebuild import verify
from shared.catalogue.loader import shipped_catalogue
from shared.db.engine import build_engine
from shared.db.locks import figures_in_snapshot
from shared.domain.period import today
from shared.facts.catalogue_in_force import CatalogueInForce


async def differences(database_url: str) -> int:
    engine = build_engine(database_url, connections=2)
    try:
        async with figures_in_snapshot(engine) as connection:
            catalogue = await CatalogueInForce(shipped_catalogue()).current(connection)
            return (await verify(connection, catalogue, today())).total
    finally:
        await engine.dispose()
