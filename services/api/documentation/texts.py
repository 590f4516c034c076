"""What the API says of itself, and the addresses where that and its specification are read."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any

import yaml
from fastapi import APIRouter, FastAPI, Request, Response
from pydantic import ConfigDict, Field

from services.api.documentation.page import pages
from services.api.documentation.specification import Json, document_of
from services.api.http.responses import Answer, resource
from services.api.http.routing import BASE, CheckedRoute, add_routes
from services.api.http.schemas import Resource, example_resource
from shared.domain.fields import Day

VERSION = "1.0.0"
RELEASED = "2026-11-22"

_TEXT = """\
Samverkan följer upp överenskommelser mellan kommun och polis. Aktiviteter rapporteras in. Ut kommer indikatorvärden per
månad, tertial och år, jämförda med överenskommelsens mål.

**Användarvillkor.** Öppen källkod (MIT). Inga personuppgifter får skickas in: ett personnummer, en e-postadress eller
ett telefonnummer i fritext avvisas.

**Datamodell.** Se scheman nedan. Kommuner och län har SCB:s koder som text. Tider anges enligt RFC 3339; i svaren står
de i UTC. En aktivitet hör till månaden för sitt lokala datum i Sverige. `slice` anger vilken del av indikatorn värdet
gäller. Utelämnas den visas `all`, hela indikatorn. `status` är en av dessa:

- `observed`: värde finns
- `zero`: inget har hänt, men rapportering pågår
- `missing`: uppgift saknas, eller 0 av 0
- `notApplicable`: kan inte förekomma, till exempel skolbesök i juli
- `suppressed`: dolt, för få personer

`finality` är `preliminary`, eller `final` när alla mätvärden bakom värdet är slutliga eller perioden är stängd. Då
ändras värdet inte av det som kommer senare: det står vid `/agreements/{agreementCode}/periods/{period}/later-values`.
Varje värde länkar till sitt underlag: aktiviteter, platser, åtaganden eller mätvärden. Där står också vad som inte
räknats med och varför.

**Jämförelser.** Gäller avslutade perioder. Föregående period och samma period förra året: för alla perioder. Året
hittills och de senaste 12 månaderna: för alla perioder utom år; för ett tertial avses det och de två föregående
tertialen. Kvartal och halvår finns bara där en överenskommelse anger det. Lägesindikatorer och enkätvärden har varken
året hittills eller de senaste 12 månaderna. Det som är odefinierat, saknas eller är ofullständigt är null. Jämförelser
görs inte heller när områdets gräns eller indikatorns definition har ändrats.

**Ändringar.** `/changes` visar varje värdes senaste ändring i ordning, också borttagna, från den punkt dit klienten
kommit. Det räcker för den som hämtar ändringar i egen takt. Vill du få ändringarna skickade till dig registrerar du en
adress vid `/webhooks`, besvarar ett kontrollmeddelande (`challenge`), kontrollerar sedan varje meddelandes signatur
(Standard Webhooks) och svarar 2xx inom 15 sekunder. Ett meddelande som inte togs emot skickas igen oförändrat, med
samma `webhook-id` och allt längre väntan, i nästan fyra dygn; därefter pausas prenumerationen tills den återupptas. Det
som har skickats kan skickas på nytt från en punkt. Ta bort prenumerationen för att sluta: inget mer skickas och
hemligheten raderas.

**Öppna data.** En kommun kan publicera sina och stadsdelarnas slutliga värden under CC0. `/open-data-catalogues` visar
vilka som gör det och var: adresserna där kan hämtas av vem som helst utan nyckel, som CSV och JSON-stat 2, med en
katalog som DCAT-AP-SE 3.

**Autentisering.** En API-nyckel i rubriken `Authorization: Bearer`, eller en åtkomsttoken (JWT) om driften har angett
vem som får utfärda sådana. Behörigheter: read, report, coordinate, administer, var och en i vissa områden. Den som
administrerar ett område ger ut, byter och återkallar nycklar vid `/api-clients`.

**Fel.** Ett fel är `application/problem+json` med en stabil `type`. Med `Accept-Language: sv` är texterna på svenska.

**Servicenivå.** Ingen servicenivå utlovas här. Den som driver tjänsten anger sin. En ny aktivitet syns i kommunens
värden inom en sekund och i landets inom tio.

**Kända problem och begränsningar.** Jämförelser kommer omkring en sekund efter sitt värde, efter ett månadsskifte
senare: `/health/ready` visar hur länge de har väntat, en fils rubrik `Samverkan-Following` om filen har dem, och
`complete=true` väntar på dem. Åtaganden syns i värdena från och med den månad då de ska vara uppfyllda. En JSON-kropp
får vara högst 1 MiB.

**Livscykel och versioner.** Semantisk versionering; huvudversionen står i adressen. Ändringar inom den är
bakåtkompatibla. Inget datum är satt för när version 1 tas ur bruk.

---

Samverkan follows up agreements between municipality and police. Activities are reported. Indicator values per month,
tertial (four months) and year come out, compared with the agreement's targets.

**Terms of use.** Open source (MIT). No personal data may be sent: a personal identity number, an e-mail address or a
telephone number in free text is refused.

**Data model.** See the schemas below. Municipalities and counties have Statistics Sweden's codes as text. Times follow
RFC 3339; answers give them in UTC. An activity belongs to the month of its local date in Sweden. `slice` states which
part of the indicator the value is about. If it is left out, `all` is shown, the whole indicator. `status` is one of
these:

- `observed`: a value exists
- `zero`: nothing happened, though reporting is active
- `missing`: unknown, or 0 of 0
- `notApplicable`: cannot occur, such as school visits in July
- `suppressed`: so few people that someone could be identified

`finality` is `preliminary`, or `final` when all observations behind the value are final or the period is closed. Then
nothing that comes later changes the value: it is at `/agreements/{agreementCode}/periods/{period}/later-values`. Each
value links to what is behind it: activities, places, commitments or observations, with what was not counted and why.

**Comparisons.** For periods that have ended. The previous period and the same period last year: for all periods. The
year to date and the last 12 months: for all but years; for a tertial, the latter are that tertial and the two before
it. Quarters and half-years are there only where an agreement names them. States and survey values have neither the year
to date nor the last 12 months. What is undefined, missing or partial is null. Nor is anything compared when the area's
boundary or the indicator's definition has changed.

**Changes.** `/changes` lists the latest change to each value, in order and including removals, from your last position.
Clients that poll need nothing else. To have changes pushed to you, register a URL at `/webhooks`, answer its challenge,
and then verify each message's signature (Standard Webhooks) and answer 2xx within 15 seconds. A message that was not
received is sent again unchanged, with the same `webhook-id`, after longer and longer waits for nearly four days; then
the subscription is paused until it is resumed. What was sent can be sent again from a point. To stop, delete the
subscription: nothing more is sent, and the secret is erased.

**Open data.** A municipality can publish its and its districts' final figures under CC0. `/open-data-catalogues` lists
who does, and where: anybody can fetch the addresses there without a key, as CSV and JSON-stat 2, with a catalogue as
DCAT-AP-SE 3.

**Authentication.** An API key in the header `Authorization: Bearer`, or an access token (JWT) where the operator has
named who may issue them. Scopes: read, report, coordinate, administer, each in some areas. Whoever administers an area
issues, replaces and revokes keys at `/api-clients`.

**Errors.** An error is `application/problem+json` with a stable `type`. With `Accept-Language: sv` its texts are
Swedish.

**Service level.** None is promised here; the operator of the service states theirs. A new activity shows in the
municipality's values within a second and in the country's within ten.

**Known problems and limits.** Comparisons arrive about a second after their value, later after the end of a month:
`/health/ready` shows how long they have waited, a file's header `Samverkan-Following` whether the file has them, and
`complete=true` waits for them. Commitments show in the values from the month in which they fall due. A JSON body may
be 1 MiB at most.

**Life cycle and versions.** Semantic versioning; the address contains the major version. Changes within it are
backwards compatible. No date is set for the end of version 1.
"""

DESCRIPTION: dict[str, Any] = {
    "title": "Samverkan",
    "summary": "Uppföljning av samverkan mellan kommun och polis. / Follow-up of municipality and police agreements.",
    "version": VERSION,
    "description": _TEXT,
    "contact": {"name": "Samverkan", "url": "https://samverkan.example/contact"},
    "license_info": {"name": "MIT", "url": "https://opensource.org/license/mit"},
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


def _rendered(request: Request) -> Specification:
    specification: Specification = request.app.state.specification
    return specification


class _PlainDumper(yaml.CSafeDumper):
    """Writes every part out: shared examples would otherwise become anchors, which not every reader follows."""

    def ignore_aliases(self, _data: object) -> bool:
        return True


def install(app: FastAPI) -> None:
    """Let the app answer with its specification, in the profile's form."""
    add_routes(app, pages)
    add_routes(app, about)
    app.state.specification = Specification(app)
