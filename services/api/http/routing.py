"""What every request must pass before its route sees it: a key, known query parameters, and a body that is sound JSON.

Nothing of a body is read for a stranger. Routes that stream a body declare none.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator, Mapping
from functools import cache, cached_property
from typing import Any, TypeVar, get_origin

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from pydantic.alias_generators import to_camel

from services.api.http import deprecation
from services.api.http.actors import actor_of
from services.api.http.auth import Holder
from services.api.http.json_bodies import with_json
from services.api.http.problems import MOST_VIOLATIONS, InvalidBody, InvalidQuery, UnknownPath
from shared.db.actor import acting_as
from shared.domain.contact_details import contact_policy
from shared.domain.errors import Violation
from shared.intake.violations import redacted

M = TypeVar("M", bound=BaseModel)

BASE = "/samverkan/v1"
SAFE_METHODS = frozenset({"GET", "HEAD"})


class CheckedRoute(APIRoute):
    """A route that sees only requests that have passed the checks; its answers tell what of it is deprecated."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **declared: Any) -> None:  # noqa: ANN401  as declared
        super().__init__(path, endpoint, **declared | {"generate_unique_id_function": operation_id})
        self.deprecated = self.deprecated or deprecation.of_endpoint(endpoint) is not None

    @cached_property
    def as_head(self) -> CheckedRoute:
        """The route that answers HEAD; of all apps the same, since to make all of them takes a tenth of a second."""
        return CheckedRoute(
            self.path,
            self.endpoint,
            methods=["HEAD"],
            dependencies=self.dependencies,
            response_model=self.response_model,
            openapi_extra=self.openapi_extra,
            name=self.name,
            include_in_schema=False,
        )

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the framework's handler behind the checks."""
        handle = super().get_route_handler()
        documented = (self.openapi_extra or {}).get("parameters", [])
        known = dict(_query_of(self.dependant))
        known |= {parameter["name"]: parameter["schema"].get("type") == "array" for parameter in documented}
        takes_json = self.body_field is not None
        # Asked before anything of the body is read; the framework, which asks them too, finds the answer.
        holders = [one.call for one in self.dependant.dependencies if isinstance(one.call, Holder)]
        is_safe = SAFE_METHODS.issuperset(self.methods or ())
        resource = self.path.removeprefix(f"{BASE}/").partition("/")[0]
        notices = deprecation.notices(self.endpoint, self.response_model)

        async def checked(request: Request) -> Response:
            for holder in holders:
                await holder(request)
            refuse_nul_in_path(request)
            if request.scope["query_string"]:
                _check_query(request, known)
            settings = request.app.state.resources.settings
            policy = contact_policy.set(settings.contact_details)
            try:
                with acting_as(None if is_safe else actor_of(request)):
                    if takes_json:
                        request = await with_json(request, resource, settings.limits.body_values)
                    response = await handle(request)
            finally:
                contact_policy.reset(policy)
            response.raw_headers += notices
            return response

        return checked


def operation_id(route: APIRoute) -> str:
    """Return the operation's id: the name of its function, in camelCase."""
    return to_camel(route.name)


def add_routes(app: FastAPI, router: APIRouter) -> None:
    """Let an app answer by a router's routes.

    They are the same for every app. The framework's `include_router` would make each of them once more for this one,
    with all that it reads from signatures: a fifth of a second before the first answer.
    """
    app.router.routes.extend(router.routes)


def _query_of(dependant: Dependant) -> Iterator[tuple[str, bool]]:
    """Yield the names of query parameters, and whether each may be given several times."""
    for parameter in dependant.query_params:
        yield parameter.alias, get_origin(parameter.field_info.annotation) in {list, tuple}
    for inner in dependant.dependencies:
        yield from _query_of(inner)


def query_parameters(model: type[BaseModel]) -> dict[str, Any]:
    """Return the `openapi_extra` of a route that reads its query by `read_query`."""
    return {
        "parameters": [
            {"name": name, "in": "query", "required": False, "description": schema.pop("description"), "schema": schema}
            for name, schema in model.model_json_schema()["properties"].items()
        ]
    }


def read_query(request: Request, model: type[M]) -> M:
    """Return the query as a model.

    For the route that is asked most: the framework's own way, a parameter at a time, takes longer than all the rest
    of a small answer.

    Raises:
        RequestValidationError: as the framework would.

    """
    sent: dict[str, object] = {}
    lists = _lists_of(model)
    for name, value in request.query_params.multi_items():
        if name in lists:
            sent.setdefault(name, []).append(value)  # type: ignore[attr-defined]  # a list of its own
        else:
            sent[name] = value
    try:
        return model.model_validate(sent)
    except ValidationError as error:
        raise RequestValidationError(
            [{**fault, "loc": ("query", *fault["loc"])} for fault in error.errors()]
        ) from error


def read_body(content: object, model: type[M]) -> M:
    """Return a body as a model, where the framework has left it as it was sent.

    Raises:
        RequestValidationError: as the framework would.

    """
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise RequestValidationError([{**fault, "loc": ("body", *fault["loc"])} for fault in error.errors()]) from error


@cache
def _lists_of(model: type[BaseModel]) -> frozenset[str]:
    fields = model.model_fields.items()
    return frozenset(field.alias or name for name, field in fields if get_origin(field.annotation) is list)


def router(noun: str) -> APIRouter:
    """Return the router of one resource, named by its plural noun."""
    return APIRouter(prefix=f"{BASE}/{noun}", tags=[noun], route_class=CheckedRoute)


def refuse_other_code(addressed: str, sent: str | None) -> None:
    """Raise InvalidBody if a body names another code than the address that it is sent to."""
    if sent not in {None, addressed}:
        remedy = "Leave it out, or send the body to the address of its own code."
        raise InvalidBody("The body belongs to another address.", [Violation("code", "is not the address's", remedy)])


def refuse_nul_in_path(request: Request) -> None:
    """Raise UnknownPath for a character that no text of the database has."""
    if "\0" in request.scope["path"]:
        raise UnknownPath


def _check_query(request: Request, known: Mapping[str, bool]) -> None:
    """Refuse parameters that are unknown, given twice, of which one would be ignored, or hold a NUL.

    `known` says of each whether it may be given several times.
    """
    taken = f"Known here: {', '.join(sorted(known))}." if known else "This address takes none."
    violations: list[Violation] = []
    given = set()
    for name, value in request.query_params.multi_items():
        if len(violations) == MOST_VIOLATIONS:
            break
        if name not in known:
            violations.append(Violation(redacted(name), "is not a known query parameter", taken))
        elif name in given and not known[name]:
            violations.append(Violation(name, "stands here a second time", "Ask for each in a request of its own."))
        elif "\0" in value:
            violations.append(Violation(name, "holds a NUL character", "Leave it out."))
        given.add(name)
    if violations:
        raise InvalidQuery("A query parameter is unknown, or cannot have this value.", violations)
