"""`/personer`: invite people, make links for them, change what they may do, and remove them."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Path, Request, Response
from starlette.background import BackgroundTask

from services.api.http.dependencies import Connection, Definitions, Reading, Today, resources_of
from services.api.http.problems import OutsideAreas
from services.api.pages.faults import text_of
from services.api.pages.people.choices import ChosenRole, choices_of, chosen_role
from services.api.pages.people.inviting import Invited, LineFault, NewLink, faults_in, invite_all
from services.api.pages.people.listing import ON_A_PAGE, asked_of, people_of
from services.api.pages.people.mailing import mailer, send_invitations
from services.api.pages.people.pasted_lines import lines_of
from services.api.pages.rendering import page, redirect, visit_of
from services.api.pages.routing import COORDINATOR, page_router, person_of, sent_form
from services.api.pages.texts import translator
from shared.db.access import may_coordinate
from shared.domain.errors import DomainError, UnknownPerson, Violation
from shared.domain.wording import Language
from shared.people import people
from shared.people.addresses import sign_in_address
from shared.wording.refusals import in_swedish

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from services.api.pages.people.choices import Choices
    from shared.domain.person import GivenRole
    from shared.people.people import InvitedPerson

people_pages = page_router()

Number = Annotated[int, Path(ge=1, le=2**31 - 1)]


@people_pages.get("/personer", dependencies=[COORDINATOR])
async def show_people(request: Request, reading: Reading) -> Response:
    """Show whom the visitor may invite and remove."""
    asked = asked_of(request.query_params)
    found, total = await people_of(reading, asked)
    has_more = asked.page * ON_A_PAGE < total
    return page(request, "people.html", people=found, total=total, asked=asked, has_more=has_more)


@people_pages.get("/personer/bjud-in", dependencies=[COORDINATOR])
async def show_invitation(request: Request, reading: Reading, definitions: Definitions, today: Today) -> Response:
    """Show the form by which one or many are invited."""
    choices = await _choices(request, reading, definitions, today)
    return _invitation(request, choices, {"area": choices.usual_area})


@people_pages.post("/personer/bjud-in", dependencies=[COORDINATOR])
async def invite(request: Request, connection: Connection, definitions: Definitions, today: Today) -> Response:
    """Invite all who were typed, or nobody, and show the links; these are shown once."""
    sent = sent_form(request)
    choices = await _choices(request, connection, definitions, today)
    chosen, lines = chosen_role(choices, sent), [*lines_of(sent["people"])]
    if not lines:
        chosen.faults.append(Violation("people", "nobody is named", "Write an e-mail address on each line."))
    invited = Invited([], [*faults_in(lines)])
    if chosen.given is not None and lines:
        invited = await connection.run_sync(partial(invite_all, lines=lines, role=chosen.given))
    if chosen.faults or invited.faults:
        return _invitation(request, choices, dict(sent.items()), chosen, invited.faults)
    return _links(request, invited.links)


@people_pages.get("/personer/{number}", dependencies=[COORDINATOR])
async def show_person(
    request: Request, reading: Reading, definitions: Definitions, today: Today, number: Number
) -> Response:
    """Show somebody, with what they may do."""
    person = await _find(reading, number)
    choices = await _choices(request, reading, definitions, today)
    return _person(request, person, choices, {"area": choices.usual_area})


@people_pages.post("/personer/{number}/lank", dependencies=[COORDINATOR])
async def make_link(request: Request, connection: Connection, number: Number) -> Response:
    """Make another link for somebody, which is shown once."""
    person = await _find(connection, number)
    token = await connection.run_sync(partial(people.create_link, person_id=person.person_id))
    return _links(request, [NewLink(person.email, person.name, token)])


@people_pages.post("/personer/{number}/roller", dependencies=[COORDINATOR])
async def change_roles(
    request: Request, connection: Connection, definitions: Definitions, today: Today, number: Number
) -> Response:
    """Let somebody have the roles that are left, and perhaps one more."""
    person, sent = await _find(connection, number), sent_form(request)
    choices = await _choices(request, connection, definitions, today)
    left = [given for given in person.roles if _code_of(given) in sent.every("keep")]
    chosen = chosen_role(choices, sent) if sent["role"] else ChosenRole()
    if not left and chosen.given is None and not chosen.faults:
        remedy = "Leave a role, or remove the person."
        chosen.faults.append(Violation("roles", "no role would be left", remedy))
    if chosen.faults:
        return _person(request, person, choices, dict(sent.items()), chosen, left)
    roles = [*left, *([chosen.given] if chosen.given else [])]
    by = person_of(request).person_id
    await connection.run_sync(partial(people.change_roles, person=person, roles=roles, by=by))
    return redirect(f"/personer/{number}")


@people_pages.get("/personer/{number}/ta-bort", dependencies=[COORDINATOR])
async def show_removal(request: Request, reading: Reading, number: Number) -> Response:
    """Say what removing somebody does, before it is done."""
    return page(request, "remove_person.html", subject=await _find(reading, number))


@people_pages.post("/personer/{number}/ta-bort", dependencies=[COORDINATOR])
async def remove(request: Request, connection: Connection, number: Number) -> Response:
    """Let somebody in no more, and forget who they are."""
    person, by = await _find(connection, number), person_of(request).person_id
    await connection.run_sync(partial(people.remove, person=person, by=by))
    return redirect("/personer")


async def _find(connection: AsyncConnection, number: int) -> InvitedPerson:
    found = await connection.run_sync(partial(people.find, number=number))
    if found is None:
        raise UnknownPerson
    return found


async def _choices(request: Request, connection: AsyncConnection, definitions: Definitions, today: Today) -> Choices:
    """Return what the visitor can give.

    Raises:
        OutsideAreas: whom they would invite belongs to an area of which they coordinate a part alone.
    """
    person, language = person_of(request), visit_of(request).language
    if not may_coordinate(person.owner_area_id):
        raise OutsideAreas("People belong to an area of which you coordinate a part alone.")
    return await choices_of(connection, person, definitions, today, language, translator(language))


def _invitation(
    request: Request,
    choices: Choices,
    filled: Mapping[str, Any],
    chosen: ChosenRole | None = None,
    of_lines: Sequence[LineFault] = (),
) -> Response:
    t = translator(visit_of(request).language)
    faults = _faults_of(request, chosen)
    faults += [("people", t("people.line", number=one.line.number, fault=_text_of(request, one))) for one in of_lines]
    status = HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK
    near = chosen.near if chosen else ()
    return page(request, "invite.html", status, choices=choices, filled=filled, faults=faults, near=near)


def _person(
    request: Request,
    person: InvitedPerson,
    choices: Choices,
    filled: Mapping[str, Any],
    chosen: ChosenRole | None = None,
    left: Iterable[GivenRole] | None = None,
) -> Response:
    faults = _faults_of(request, chosen)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK
    left = person.roles if left is None else left
    roles = [
        (_code_of(given), given, name, given in left)
        for given, name in zip(person.roles, person.area_names, strict=True)
    ]
    near = chosen.near if chosen else ()
    return page(
        request,
        "person.html",
        status,
        subject=person,
        roles=roles,
        choices=choices,
        filled=filled,
        faults=faults,
        near=near,
    )


def _links(request: Request, links: Sequence[NewLink]) -> Response:
    """Answer with new links: the one place that they pass, whoever sends them on."""
    settings = resources_of(request).settings
    with_addresses = [(one.email, one.name, sign_in_address(settings.public_url, one.token)) for one in links]
    sender = mailer(settings)
    answer = page(request, "new_links.html", links=with_addresses, is_mailed=sender is not None)
    if sender is not None:
        invited = [(email, link) for email, _, link in with_addresses]
        # After the answer, and so after the links are committed.
        inviting = person_of(request).roles[0].area_name
        answer.background = BackgroundTask(send_invitations, sender, invited, inviting)
    return answer


def _faults_of(request: Request, chosen: ChosenRole | None) -> list[tuple[str, str]]:
    language = visit_of(request).language
    faults = chosen.faults if chosen else []
    return [(violation.field, text_of(violation, language, translator(language))) for violation in faults]


def _text_of(request: Request, found: LineFault) -> str:
    language = visit_of(request).language
    if isinstance(found.fault, DomainError):
        return in_swedish(found.fault.detail) if language is Language.SV else found.fault.detail
    return text_of(found.fault, language, translator(language))


def _code_of(given: GivenRole) -> str:
    """Return what a form calls a role that somebody has."""
    return "/".join((given.role, given.area, given.agreement or "", "" if given.annex is None else str(given.annex)))
