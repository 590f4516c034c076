"""Who may open each page and send each form, said a second time, apart from the routes. What is not here fails."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum, auto

from shared.domain.person import PersonRole

READER, REPORTER, ANNEX_OWNER, COORDINATOR, ADMINISTRATOR = PersonRole
EVERYBODY_SIGNED_IN = frozenset(PersonRole)
REPORTING = frozenset({REPORTER, ANNEX_OWNER, COORDINATOR, ADMINISTRATOR})
COORDINATING = frozenset({COORDINATOR, ADMINISTRATOR})
ADMINISTERING = frozenset({ADMINISTRATOR})
SEE_OTHER, NOT_FOUND, CONFLICT, UNPROCESSABLE = 303, 404, 409, 422


class About(Enum):
    """What a page is about."""

    # Nothing that belongs to anybody, or what is the visitor's own.
    NOBODY = auto()
    # An activity or a person of Landskrona's: to others it does not exist.
    ONE = auto()


@dataclass(frozen=True, slots=True)
class PageRule:
    """Who may ask for a page; `status` is what they are answered, and `fields` are what the form sends."""

    # None where everybody may, who is not signed in, too.
    roles: frozenset[PersonRole] | None
    status: int = 200
    about: About = About.NOBODY
    fields: dict[str, str] = field(default_factory=dict)
    # To whom it is there only where it is their own.
    own_alone: frozenset[PersonRole] = frozenset()


# One walk more, also where somebody has reported one like it.
WALK = {
    "place": "Karlslund",
    "start": "2016-04-12",
    "participants.residents": "3",
    "participants.police": "1",
    "alike": "other",
}

ANSWERING = REPORTING - {REPORTER}
A_COMMENT = {"period": "2016", "text": "Fler boende kom än i fjol."}
OF_MUNICIPALITY = PageRule(ADMINISTERING, about=About.ONE)
A_REPORT = PageRule(REPORTING, about=About.ONE, own_alone=frozenset({REPORTER}))

PAGES: dict[tuple[str, str], PageRule] = {
    # Who is signed in is led on from the start.
    ("GET", "/"): PageRule(None),
    ("GET", "/tillganglighet"): PageRule(None),
    ("GET", "/static/{name}"): PageRule(None),
    ("GET", "/utan-nat"): PageRule(None),
    ("GET", "/service-worker.js"): PageRule(None),
    ("GET", "/logga-in"): PageRule(None),
    ("GET", "/logga-in/{link}"): PageRule(None, NOT_FOUND),
    ("POST", "/logga-in/{link}"): PageRule(None, NOT_FOUND),
    # Here nobody has an account elsewhere.
    ("GET", "/inloggning/{code}"): PageRule(None, NOT_FOUND),
    ("GET", "/inloggning/{code}/svar"): PageRule(None, NOT_FOUND),
    ("POST", "/sprak"): PageRule(None, SEE_OTHER, fields={"language": "sv"}),
    ("GET", "/mina-uppgifter"): PageRule(EVERYBODY_SIGNED_IN),
    ("POST", "/mina-uppgifter"): PageRule(EVERYBODY_SIGNED_IN, SEE_OTHER),
    ("POST", "/logga-ut"): PageRule(EVERYBODY_SIGNED_IN, SEE_OTHER),
    ("GET", "/overenskommelsen"): PageRule(EVERYBODY_SIGNED_IN),
    # Of the visitor's own areas, if there are any.
    ("GET", "/overenskommelsen/indikatorer/{series}"): PageRule(EVERYBODY_SIGNED_IN),
    ("GET", "/overenskommelsen/indikatorer/{series}/diagram"): PageRule(EVERYBODY_SIGNED_IN),
    # Of most kinds there are too few areas.
    ("GET", "/overenskommelsen/indikatorer/{series}/skillnader/{kind}"): PageRule(EVERYBODY_SIGNED_IN, NOT_FOUND),
    **dict.fromkeys(
        (
            ("GET", "/overenskommelsen/alla-diagram"),
            ("GET", "/overenskommelsen/tabell.csv"),
            ("GET", "/overenskommelsen/arbetsbok.xlsx"),
            ("GET", "/overenskommelsen/rapport"),
            ("GET", "/overenskommelsen/rapport/{file}"),
            ("GET", "/overenskommelsen/indikatorer/{series}/diagram.svg"),
            ("GET", "/overenskommelsen/indikatorer/{series}/diagram.png"),
        ),
        PageRule(EVERYBODY_SIGNED_IN),
    ),
    ("POST", "/overenskommelsen/indikatorer/{series}"): PageRule(ANSWERING, SEE_OTHER, fields=A_COMMENT),
    ("GET", "/overenskommelsen/varden/{value}"): PageRule(EVERYBODY_SIGNED_IN, about=About.ONE),
    ("GET", "/overenskommelsen/stangning"): PageRule(EVERYBODY_SIGNED_IN),
    ("GET", "/overenskommelsen/stangning/{agreement}/{period}"): PageRule(EVERYBODY_SIGNED_IN, about=About.ONE),
    # It has never been closed.
    ("GET", "/overenskommelsen/stangning/{agreement}/{period}/kommentarer/{revision}"): PageRule(
        EVERYBODY_SIGNED_IN, NOT_FOUND, About.ONE
    ),
    **{
        (method, "/overenskommelsen/stangning/{agreement}/{period}/kommentarer/{revision}/{comment}/ta-bort"): PageRule(
            ADMINISTERING, NOT_FOUND, About.ONE, fields
        )
        for method, fields in (("GET", {}), ("POST", {"reason": "Named a pupil."}))
    },
    # It has not been prepared.
    ("POST", "/overenskommelsen/stangning/{agreement}/{period}"): PageRule(
        COORDINATING, CONFLICT, About.ONE, {"step": "submit"}
    ),
    ("POST", "/overenskommelsen/stangning/{agreement}/{period}/bilagor/{annex}"): PageRule(
        ANSWERING, SEE_OTHER, About.ONE, {"ready": "yes"}
    ),
    ("GET", "/overenskommelsen/startpunkter"): PageRule(EVERYBODY_SIGNED_IN),
    # Nothing is filled in.
    ("POST", "/overenskommelsen/startpunkter"): PageRule(COORDINATING, UNPROCESSABLE),
    ("GET", "/overenskommelsen/startpunkter/{break}/ta-bort"): PageRule(COORDINATING, about=About.ONE),
    ("POST", "/overenskommelsen/startpunkter/{break}/ta-bort"): PageRule(COORDINATING, SEE_OTHER, About.ONE),
    ("GET", "/overenskommelsen/ataganden/{agreement}/{commitment}/klart"): PageRule(COORDINATING, about=About.ONE),
    # What is sent was made for no revision that there is.
    ("POST", "/overenskommelsen/ataganden/{agreement}/{commitment}/klart"): PageRule(
        COORDINATING, CONFLICT, About.ONE, {"areas": "1282", "day": "2016-03-01"}
    ),
    ("GET", "/overenskommelsen/ataganden/{agreement}/{commitment}/ta-tillbaka"): PageRule(
        COORDINATING, about=About.ONE
    ),
    ("POST", "/overenskommelsen/ataganden/{agreement}/{commitment}/ta-tillbaka"): PageRule(
        COORDINATING, CONFLICT, About.ONE
    ),
    ("GET", "/overenskommelsen/kommentarer/{comment}"): PageRule(ANSWERING, about=About.ONE),
    ("POST", "/overenskommelsen/kommentarer/{comment}"): PageRule(ANSWERING, CONFLICT, About.ONE, A_COMMENT),
    ("GET", "/overenskommelsen/kommentarer/{comment}/ta-bort"): PageRule(ANSWERING, about=About.ONE),
    ("POST", "/overenskommelsen/kommentarer/{comment}/ta-bort"): PageRule(ANSWERING, CONFLICT, About.ONE),
    ("GET", "/rapportera"): PageRule(REPORTING),
    ("GET", "/rapportera/{type}"): PageRule(REPORTING),
    ("POST", "/rapportera/{type}"): PageRule(REPORTING, SEE_OTHER, fields=WALK),
    ("GET", "/rapporterat/{id}"): A_REPORT,
    ("GET", "/att-gora"): PageRule(REPORTING),
    # What a link of a mail may do is said by its token, which nobody here has.
    ("GET", "/paminnelser/{token}"): PageRule(None, NOT_FOUND),
    ("POST", "/paminnelser/{token}"): PageRule(None, NOT_FOUND),
    ("GET", "/paminnelser/{token}/av"): PageRule(None, SEE_OTHER),
    ("GET", "/mina-rapporter"): PageRule(REPORTING),
    ("GET", "/mina-rapporter/{id}"): A_REPORT,
    ("GET", "/mina-rapporter/{id}/ratta"): A_REPORT,
    # What is sent was made for no revision that there is: it is asked about.
    ("POST", "/mina-rapporter/{id}/ratta"): replace(A_REPORT, status=CONFLICT, fields=WALK | {"place": "Norra torget"}),
    ("GET", "/mina-rapporter/{id}/ta-bort"): A_REPORT,
    ("POST", "/mina-rapporter/{id}/ta-bort"): replace(A_REPORT, status=CONFLICT),
    ("GET", "/ladda-upp"): PageRule(COORDINATING),
    # No file is sent.
    ("POST", "/ladda-upp"): PageRule(COORDINATING, UNPROCESSABLE),
    # A file is there for who has uploaded it, and an import for who belongs to the same area: neither is here.
    ("GET", "/ladda-upp/{upload}"): PageRule(COORDINATING, NOT_FOUND),
    ("POST", "/ladda-upp/{upload}"): PageRule(COORDINATING, NOT_FOUND),
    ("GET", "/ladda-upp/{upload}/granska"): PageRule(COORDINATING, NOT_FOUND),
    ("POST", "/ladda-upp/{upload}/ratta"): PageRule(COORDINATING, NOT_FOUND),
    ("POST", "/ladda-upp/{upload}/las-in"): PageRule(COORDINATING, NOT_FOUND),
    ("POST", "/ladda-upp/{upload}/ta-bort"): PageRule(COORDINATING, SEE_OTHER),
    ("GET", "/ladda-upp/inlast/{importId}"): PageRule(COORDINATING, NOT_FOUND),
    ("GET", "/personer"): PageRule(COORDINATING),
    ("GET", "/personer/bjud-in"): PageRule(COORDINATING),
    ("POST", "/personer/bjud-in"): PageRule(COORDINATING, UNPROCESSABLE),
    ("GET", "/personer/{number}"): PageRule(COORDINATING, about=About.ONE),
    ("POST", "/personer/{number}/lank"): PageRule(COORDINATING, about=About.ONE),
    ("POST", "/personer/{number}/roller"): PageRule(COORDINATING, UNPROCESSABLE, about=About.ONE),
    ("GET", "/personer/{number}/ta-bort"): PageRule(COORDINATING, about=About.ONE),
    ("POST", "/personer/{number}/ta-bort"): PageRule(COORDINATING, SEE_OTHER, about=About.ONE),
    # Where there is one municipality alone, it is led on to.
    ("GET", "/medborgarloften"): PageRule(COORDINATING, SEE_OTHER),
    ("GET", "/medborgarloften/{municipality}/visning"): PageRule(COORDINATING, about=About.ONE),
    ("POST", "/medborgarloften/{municipality}/visning"): PageRule(COORDINATING, SEE_OTHER, about=About.ONE),
    # Off unless somebody turns it on.
    ("GET", "/medborgarloften/{municipality}"): PageRule(None, NOT_FOUND),
    ("GET", "/drift"): PageRule(ADMINISTERING),
    ("GET", "/drift/kallor"): PageRule(ADMINISTERING),
    ("GET", "/drift/prenumerationer"): PageRule(ADMINISTERING),
    # What is named is nobody's.
    ("POST", "/drift/kallor/{source}/paus"): PageRule(ADMINISTERING, NOT_FOUND),
    ("POST", "/drift/prenumerationer/{webhook}/paus"): PageRule(ADMINISTERING, NOT_FOUND),
    ("GET", "/drift/inlasningar"): PageRule(ADMINISTERING),
    ("GET", "/drift/inlasningar/{import}"): PageRule(ADMINISTERING, about=About.ONE),
    ("GET", "/drift/nycklar"): PageRule(ADMINISTERING),
    ("GET", "/drift/nycklar/ny"): PageRule(ADMINISTERING),
    ("POST", "/drift/nycklar/ny"): PageRule(ADMINISTERING, UNPROCESSABLE),
    ("GET", "/drift/nycklar/{client}"): PageRule(ADMINISTERING, about=About.ONE),
    ("POST", "/drift/nycklar/{client}/byt"): PageRule(ADMINISTERING, about=About.ONE),
    ("GET", "/drift/nycklar/{client}/avsluta"): PageRule(ADMINISTERING, about=About.ONE),
    ("POST", "/drift/nycklar/{client}/avsluta"): PageRule(ADMINISTERING, SEE_OTHER, about=About.ONE),
    # Who administers one municipality is led on to it.
    ("GET", "/komma-igang"): PageRule(ADMINISTERING, SEE_OTHER),
    ("GET", "/komma-igang/{area}"): OF_MUNICIPALITY,
    ("GET", "/komma-igang/{area}/mall"): OF_MUNICIPALITY,
    ("POST", "/komma-igang/{area}"): replace(OF_MUNICIPALITY, status=UNPROCESSABLE),
    ("GET", "/komma-igang/{area}/spara"): PageRule(ADMINISTERING, SEE_OTHER),
    ("POST", "/komma-igang/{area}/spara"): replace(OF_MUNICIPALITY, status=UNPROCESSABLE),
    ("GET", "/komma-igang/{area}/klart"): OF_MUNICIPALITY,
    ("GET", "/komma-igang/{area}/oppna-data"): OF_MUNICIPALITY,
    ("POST", "/komma-igang/{area}/oppna-data"): replace(OF_MUNICIPALITY, status=UNPROCESSABLE),
    ("GET", "/komma-igang/{area}/steg/{step}"): OF_MUNICIPALITY,
    ("POST", "/komma-igang/{area}/steg/{step}"): replace(OF_MUNICIPALITY, status=UNPROCESSABLE),
}
