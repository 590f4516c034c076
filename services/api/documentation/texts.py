"""What the API says of itself, and the addresses where that and its specification are read."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any

import yaml
from fastapi import APIRouter, FastAPI, Request, Response
from pydantic import ConfigDict, Field

from services.api.documentation import page
from services.api.documentation.specification import Json, document_of
from services.api.http.responses import Answer, resource
from services.api.http.routing import BASE, CheckedRoute
from services.api.http.schemas import Resource, example_resource
from shared.intake.fields import Day

VERSION = "1.0.0"
RELEASED = "2026-11-22"

_TEXT = """\
Samverkan följer upp överenskommelser mellan kommun och polis: aktiviteter rapporteras in, och indikatorer per månad,
tertial och år går ut, jämförda med överenskommelsens mål.

**Användarvillkor.** Öppen källkod (MIT). Inga personuppgifter får skickas in: ett personnummer, en
e-postadress eller ett telefonnummer i fritext avvisas.
**Datamodell.** Se scheman nedan. Kommuner och län har SCB:s koder som text. Tider är RFC 3339 och besvaras i UTC; en
aktivitet hör till månaden för sitt lokala datum i Sverige. `slice` är vilken del av det som en indikator räknar: utan
den i frågan visas `all`, helheten. `status` är observed; zero, inget har hänt där rapportering pågår; missing, okänt
eller 0 av 0; notApplicable, kan inte finnas, som skolbesök i juli; eller suppressed, så få personer att de kunde
kännas igen. `finality` är preliminary, eller final när allt som siffran vilar på är slutliga mätvärden. Varje mått
länkar till det som det består av, aktiviteter, platser, åtaganden eller mätvärden, med vad som har lämnats utanför och
varför.
**Jämförelser.** Gäller avslutade perioder. Föregående period och samma period förra året: för månad, tertial och år.
Året hittills och de senaste 12 månaderna: för månad och tertial, inte för år; för en tertial är de senaste 12
månaderna dess tre senaste tertial. Tillstånd och uppmätta mått har varken året hittills eller de senaste 12 månaderna.
Det som är odefinierat, saknas eller är ofullständigt är null, liksom allt över en ändrad gräns eller definition.
**Ändringar.** `/changes` visar varje måtts senaste ändring i ordning, också borttagna, från den punkt där läsaren är:
den som läser det i egen takt behöver inget annat. Den som hellre får ändringar sända till sig anmäler en adress till
`/webhooks`, besvarar en utmaning, och kontrollerar sedan varje meddelandes signatur (Standard Webhooks) och svarar 2xx
inom 15 sekunder. Ett meddelande som inte togs emot sänds igen, likadant och med samma `webhook-id`, med allt längre
väntan i nästan fyra dygn; därefter pausas prenumerationen tills den återupptas. Det som har sänts kan sändas på nytt
från en punkt. Den som vill sluta tar bort sin prenumeration: inget mer sänds, och hemligheten glöms.
**Autentisering.** En API-nyckel i rubriken `Authorization: Bearer`. Behörigheter: read, report, administer.
**Servicenivå.** Ingen utlovad: den som driver tjänsten anger sin. En ny aktivitet syns i kommunens siffror inom en
sekund och i landets inom tio.
**Kända problem och begränsningar.** Perioder kan inte stängas än: bara siffror av observerade mätvärden kan vara
slutliga, alla andra är preliminära. Jämförelser kommer omkring en sekund efter sin siffra. Åtaganden syns i siffrorna
från och med den månad då de ska vara uppfyllda. En JSON-kropp får vara högst 1 MiB.
**Livscykel och versioner.** Semantisk versionering; huvudversionen står i adressen. Ändringar inom den är
bakåtkompatibla. Inget datum är satt för när version 1 tas ur bruk.

---

Samverkan follows up agreements between municipality and police: activities are reported, and indicators by month,
tertial and year come out, compared with the agreement's targets.

**Terms of use.** Open source (MIT). No personal data may be sent: a personal identity number, an
e-mail address or a telephone number in free text is refused.
**Data model.** See the schemas below. Municipalities and counties have Statistics Sweden's codes as text. Times are
RFC 3339 and answered in UTC; an activity belongs to the month of its local date in Sweden. `slice` is which part of
what an indicator counts: without it in the query, `all` is shown, the whole. `status` is observed; zero, nothing
happened where reporting is on; missing, unknown or 0 of 0; notApplicable, it cannot exist, as school visits in July;
or suppressed, so few persons that they could be recognised. `finality` is preliminary, or final when all that the
figure rests on is final observations. Each value links to what it is made of, activities, places, commitments or
observations, with what was left out and why.
**Comparisons.** For periods that have ended. The previous period and the same period last year: for months, tertials
and years. The year to date and the last 12 months: for months and tertials, not for years; the last 12 months of a
tertial are its last three tertials. States and measured figures have neither the year to date nor the last 12 months.
What is undefined, missing or partial is null, as is everything across a changed boundary or definition.
**Changes.** `/changes` shows each value's latest change in order, removals too, from where the reader has come to:
whoever reads it at their own pace needs nothing else. Whoever would rather have changes sent registers an address at
`/webhooks`, answers a challenge, and then verifies each message's signature (Standard Webhooks) and answers 2xx within
15 seconds. A message that was not taken is sent again, the same and with the same `webhook-id`, after longer and longer
waits for nearly four days; then the subscription is paused until it is resumed. What was sent can be sent again from a
point. Whoever wants no more deletes the subscription: nothing more is sent, and the secret is forgotten.
**Authentication.** An API key in the header `Authorization: Bearer`. Scopes: read, report, administer.
**Service level.** None is promised here: whoever runs the service states theirs. A new activity shows in the
municipality's figures within a second and in the country's within ten.
**Known problems and limits.** Periods cannot be closed yet: only figures of observations can be final, all others are
preliminary. Comparisons come about a second after their figure. Commitments show in the figures from the month in
which they fall due. A JSON body may have 1 MiB at most.
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
        "apiDocumentation": f"{request.app.state.resources.settings.public_url}{BASE}/docs",
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
        return document_of(self._app)

    @cached_property
    def yaml(self) -> str:
        """The document as YAML."""
        return yaml.dump(self.document, Dumper=_PlainDumper, allow_unicode=True, sort_keys=False, width=120)

    @cached_property
    def page(self) -> str:
        """The document as a page for people."""
        return page.render(self.document)


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
