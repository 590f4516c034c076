"""`/komma-igang/{area}/steg`: a set-up step by step, for who would rather not fill in a sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import Path, Query, Request, Response

from services.api.http.dependencies import Definitions, Reading, StructureConnection, Today, resources_of
from services.api.http.problems import UnknownPath
from services.api.pages.rendering import page, redirect, visit_of
from services.api.pages.routing import ADMINISTRATOR, page_router, sent_form
from services.api.pages.setup.choices import TemplateChoices
from services.api.pages.setup.differences import Names
from services.api.pages.setup.steps import (
    OF_AGREEMENT,
    STEPS,
    fields_of,
    first_values,
    status_of,
    stored_things,
    typed_in,
)
from services.api.pages.setup.stored import around, municipality_with, stored_of
from services.api.pages.setup.taking import Taking
from services.api.pages.texts import translator
from shared.people import people

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from services.api.pages.setup.stored import Stored

setup_steps = page_router()

Area = Annotated[str, Path(max_length=10)]
Step = Annotated[str, Path(max_length=20)]
# What steps are called in addresses.
_ADDRESSES = dict(zip(("overenskommelse", "bilaga", "plats", "mal", "atagande", "roll", "termin"), STEPS, strict=True))


@setup_steps.get("/komma-igang/{area}/steg/{step}", dependencies=[ADMINISTRATOR])
async def show_step(
    request: Request,
    reading: Reading,
    definitions: Definitions,
    today: Today,
    area: Area,
    step: Step,
    named: Annotated[str, Query(alias="vilken", max_length=200)] = "",
    saved: Annotated[str, Query(alias="sparat", max_length=10)] = "",
) -> Response:
    """Show the form of a step, with what is stored of what is named."""
    municipality = await municipality_with(reading, area, today)
    choices = TemplateChoices(definitions, await around(reading, municipality))
    stored = await stored_of(reading, municipality, await reading.run_sync(people.listed))
    filled = first_values(_step(step), named, stored, choices, visit_of(request).language)
    return _step_page(request, step, stored, choices, filled, is_saved=bool(saved))


@setup_steps.post("/komma-igang/{area}/steg/{step}", dependencies=[ADMINISTRATOR])
async def take_step(
    request: Request,
    connection: StructureConnection,
    reading: Reading,
    definitions: Definitions,
    today: Today,
    area: Area,
    step: Step,
) -> Response:
    """Store what a form of a step has sent, or say what is wrong with it."""
    municipality = await municipality_with(reading, area, today)
    choices = TemplateChoices(definitions, await around(reading, municipality))
    stored = await stored_of(reading, municipality, await reading.run_sync(people.listed))
    sent, language = sent_form(request), visit_of(request).language
    filled = typed_in(_step(step), sent, stored)
    taking = Taking(resources_of(request).catalogue, municipality, filled, today, language, sent["seen"])
    outcome = await taking.run(connection)
    if outcome.faults or outcome.has_changed:
        faults = [(place.column, fault.text) for place, fault in outcome.faults.items()]
        return _step_page(
            request, step, outcome.before, choices, dict(sent.items()), faults, has_changed=outcome.has_changed
        )
    return redirect(f"/komma-igang/{municipality.code}/steg/{step}?sparat=ja")


def _step(address: str) -> str:
    if address not in _ADDRESSES:
        raise UnknownPath
    return _ADDRESSES[address]


def _step_page(
    request: Request,
    step: str,
    stored: Stored,
    choices: TemplateChoices,
    filled: Mapping[str, str],
    faults: Sequence[tuple[str, str]] = (),
    *,
    has_changed: bool = False,
    is_saved: bool = False,
) -> Response:
    language = visit_of(request).language
    of = _ADDRESSES[step]
    return page(
        request,
        "setup_step.html",
        status_of(has_faults=bool(faults), has_changed=has_changed),
        municipality=stored.municipality,
        step=step,
        sheet=of,
        steps=list(_ADDRESSES.items()),
        fields=[*fields_of(of, stored, choices, language, translator(language))],
        present=stored_things(of, stored, choices, Names(choices.catalogue, choices, language)),
        filled=filled,
        faults=[*faults],
        seen=stored.digest,
        has_changed=has_changed,
        is_saved=is_saved,
        can_begin=of not in OF_AGREEMENT or stored.latest is not None,
    )
