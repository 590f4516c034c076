"""The API's specification as the national REST profile wants it, and the addresses where it is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Annotated, Any
from uuid import UUID

import yaml
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from services.api import docs_page
from services.api.answers import Answer, resource
from services.api.problems import (
    MEDIA_TYPE,
    BodyTooLarge,
    InternalError,
    InvalidBody,
    InvalidQuery,
    MalformedBody,
    MissingCredentials,
    MissingScope,
    PageOutOfRange,
    UnknownPath,
    UnsupportedMediaType,
    status_of,
    title_of,
    type_of,
)
from services.api.requests import BASE, CheckedRoute
from services.api.schemas import Day, Document, Problem, Resource, example_resource
from shared.domain.errors import DomainError

VERSION = "1.0.0"
RELEASED = "2026-11-22"
SCHEMAS = "#/components/schemas/"
EXAMPLES = {"date": "2016-03-24", "date-time": "2016-03-30T08:00:00Z"}

_TEXT = """\
Samverkan följer upp överenskommelser mellan kommun och polis: aktiviteter rapporteras in, och indikatorer per månad,
tertial och år går ut, jämförda med överenskommelsens mål.

**Användarvillkor.** Öppen källkod (MIT). Inga personuppgifter får skickas in; ett personnummer i fritext avvisas.
**Datamodell.** Se scheman nedan. Kommuner och län har SCB:s koder som text. Tider är RFC 3339 och besvaras i UTC;
en aktivitet hör till månaden för sitt lokala datum i Sverige.
**Autentisering.** En API-nyckel i rubriken `Authorization: Bearer`. Behörigheter: read, report, administer.
**Servicenivå.** Ingen utlovad: den som driver tjänsten anger sin. En ny aktivitet syns i kommunens siffror inom en
sekund och i landets inom tio.
**Kända problem och begränsningar.** Alla siffror är preliminära. Polisens nivåer finns inte än. En JSON-kropp får
vara högst 1 MiB.
**Livscykel och versioner.** Semantisk versionering; huvudversionen står i adressen. Ändringar inom den är
bakåtkompatibla. Inget datum är satt för när version 1 tas ur bruk.

---

Samverkan follows up agreements between municipality and police: activities are reported, and indicators by month,
tertial and year come out, compared with the agreement's targets.

**Terms of use.** Open source (MIT). No personal data may be sent; a personal identity number in free text is refused.
**Data model.** See the schemas below. Municipalities and counties have Statistics Sweden's codes as text. Times are
RFC 3339 and answered in UTC; an activity belongs to the month of its local date in Sweden.
**Authentication.** An API key in the header `Authorization: Bearer`. Scopes: read, report, administer.
**Service level.** None is promised here: whoever runs the service states theirs. A new activity shows in the
municipality's figures within a second and in the country's within ten.
**Known problems and limits.** All figures are preliminary. The police's levels are not there yet. A JSON body may have
1 MiB at most.
**Life cycle and versions.** Semantic versioning; the major version stands in the address. Changes within it are
backwards compatible. No date is set for the end of version 1.
"""

DESCRIPTION: dict[str, Any] = {
    "title": "Samverkan",
    "summary": "Uppföljning av samverkan mellan kommun och polis. / Follow-up of municipality and police agreements.",
    "version": VERSION,
    "description": _TEXT,
    "contact": {"name": "Samverkan", "url": "https://samverkan.example/contact"},
    "license_info": {"name": "MIT", "identifier": "MIT"},
    "terms_of_service": "https://samverkan.example/terms",
}

Json = dict[str, Any]


class ApiInfo(Resource):
    """What this API is, and where it is in its life cycle."""

    api_name: str
    api_version: Annotated[str, Field(description="Semantic version.")]
    api_released: Day
    api_documentation: Annotated[str, Field(description="Where the documentation is.")]
    api_status: Annotated[str, Field(description="alpha, beta, active, deprecated, retired or decommissioned.")]

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                example_resource(
                    "api-info",
                    {
                        "apiName": "samverkan",
                        "apiVersion": VERSION,
                        "apiReleased": RELEASED,
                        "apiDocumentation": "https://samverkan.example/samverkan/v1/docs",
                        "apiStatus": "active",
                    },
                )
            ]
        }
    )


about = APIRouter(prefix=BASE, tags=["about"], route_class=CheckedRoute)


@about.get("/api-info", response_model=ApiInfo, summary="Show what this API is")
async def show_api_info(request: Request) -> Answer:
    """Visa API:ets namn, version och status. / Show the API's name, version and status."""
    content = {
        "apiName": "samverkan",
        "apiVersion": VERSION,
        "apiReleased": RELEASED,
        "apiDocumentation": f"{request.app.state.equipment.settings.public_url}{BASE}/docs",
        "apiStatus": "active",
    }
    return resource(request, "api-info", content)


@about.get("/openapi.json", include_in_schema=False)
async def show_specification(request: Request) -> Answer:
    """Show the specification as JSON."""
    return Answer(_rendered(request).document)


@about.get("/openapi.yaml", include_in_schema=False)
async def show_specification_as_yaml(request: Request) -> Response:
    """Show the specification as YAML."""
    return Response(_rendered(request).yaml, media_type="application/yaml")


@about.get("/docs", include_in_schema=False)
async def show_documentation(request: Request) -> Response:
    """Show the specification as a page for people."""
    return Response(_rendered(request).page, media_type="text/html")


class Specification:
    """The specification of an app in its forms, each made when first asked for."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    @cached_property
    def document(self) -> Json:
        """The OpenAPI document."""
        return _document(self._app)

    @cached_property
    def yaml(self) -> str:
        """The document as YAML."""
        return yaml.dump(self.document, Dumper=_PlainDumper, allow_unicode=True, sort_keys=False, width=120)

    @cached_property
    def page(self) -> str:
        """The document as a page for people."""
        return docs_page.render(self.document)


def _rendered(request: Request) -> Specification:
    specification: Specification = request.app.state.specification
    return specification


class _PlainDumper(yaml.CSafeDumper):
    """Writes every part out: shared examples would otherwise become anchors, which not every reader follows."""

    def ignore_aliases(self, _data: object) -> bool:
        return True


def install(app: FastAPI) -> None:
    """Let the app answer with its specification, in the profile's form."""
    app.include_router(about)
    app.state.specification = Specification(app)


def operation_id(route: APIRoute) -> str:
    """Return the operation's id: the name of its function, in camelCase."""
    return to_camel(route.name)


def problems_of(*conditions: type[DomainError]) -> dict[int | str, Json]:
    """Return the `responses` of a route for the conditions that are its own."""
    responses: dict[int | str, Json] = {}
    for condition in conditions:
        _add_problem(responses, condition)
    return responses


def _add_problem(responses: dict[int | str, Json], condition: type[DomainError]) -> None:
    status = status_of(condition)
    response = responses.setdefault(status.value, {"description": f"{status.phrase}."})
    content = response.setdefault("content", {}).setdefault(MEDIA_TYPE, {})
    content["schema"] = {"$ref": f"{SCHEMAS}Problem"}
    examples: Json = content.setdefault("examples", {})
    examples[condition.slug()] = {"summary": (condition.__doc__ or "").partition("\n")[0], "value": _example(condition)}


def _example(condition: type[DomainError]) -> Json:
    return {
        "type": type_of(condition),
        "title": title_of(condition),
        "status": status_of(condition).value,
        "detail": (condition.__doc__ or "").partition("\n")[0],
        "instance": UUID(int=0).urn,
        "violations": [],
    }


def _document(app: FastAPI) -> Json:
    settings = app.state.equipment.settings
    document = get_openapi(
        title=app.title,
        version=app.version,
        summary=app.summary,
        description=app.description,
        routes=app.routes,
        contact=app.contact,
        license_info=app.license_info,
        terms_of_service=app.terms_of_service,
        servers=[{"url": f"{settings.public_url}{BASE}", "description": "Tjänsten / The service"}],
    )
    document["paths"] = {path.removeprefix(BASE): item for path, item in document["paths"].items()}
    schemas = document["components"]["schemas"]
    for framework_schema in ("HTTPValidationError", "ValidationError"):
        schemas.pop(framework_schema, None)
    schemas |= _schemas_of_problems()
    for model in _models(Document):
        if "examples" in schemas.get(model.__name__, {}):
            # The framework drops every null from what it makes, from examples too.
            schemas[model.__name__]["examples"] = model.model_json_schema()["examples"]
    for operation in _operations(document):
        _document_problems(operation)
        _give_examples(operation, schemas)
    for schema in schemas.values():
        _give_date_examples(schema)
    return document


def _models(above: type[Document]) -> Iterator[type[Document]]:
    for model in above.__subclasses__():
        yield model
        yield from _models(model)


def _operations(document: Json) -> Iterator[Json]:
    for item in document["paths"].values():
        yield from item.values()


def _schemas_of_problems() -> Json:
    schema = Problem.model_json_schema(ref_template=SCHEMAS + "{model}")
    return {**schema.pop("$defs"), "Problem": schema}


def _document_problems(operation: Json) -> None:
    """Add the answers that follow from the operation's form; the framework's own validation error is none of ours."""
    responses: dict[int | str, Json] = {
        int(status): response
        for status, response in operation["responses"].items()
        if f"{SCHEMAS}HTTPValidationError" not in str(response)
    }
    for condition in _conditions(operation):
        _add_problem(responses, condition)
    operation["responses"] = {str(status): responses[status] for status in sorted(responses, key=int)}


def _conditions(operation: Json) -> Iterator[type[DomainError]]:
    parameters = operation.get("parameters", [])
    yield InvalidQuery
    yield InternalError
    if "security" in operation:
        yield from (MissingCredentials, MissingScope)
    if any(parameter["in"] == "path" for parameter in parameters):
        yield UnknownPath
    if any(parameter["name"] == "page" for parameter in parameters):
        yield PageOutOfRange
    if "requestBody" in operation:
        yield from (MalformedBody, BodyTooLarge, UnsupportedMediaType, InvalidBody)


def _give_examples(operation: Json, schemas: Mapping[str, Json]) -> None:
    """Show each body's example at the body itself; the models hold them."""
    bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
    for media in (media for body in bodies for media in body.get("content", {}).values()):
        name = media.get("schema", {}).get("$ref", "").removeprefix(SCHEMAS)
        if "example" in media:
            media["examples"] = {"example": {"value": media.pop("example")}}
        elif "examples" not in media and "examples" in schemas.get(name, {}):
            media["examples"] = {"example": {"value": schemas[name]["examples"][0]}}


def _give_date_examples(schema: Json) -> None:
    """Give each date and time a single `example`, which the profile asks for beside JSON Schema's list."""
    for field in schema.get("properties", {}).values():
        for form in (field, *field.get("anyOf", [])):
            if form.get("format") in EXAMPLES:
                field.setdefault("example", EXAMPLES[form["format"]])
