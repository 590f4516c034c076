"""What commands say in Swedish and English besides the tables."""

from __future__ import annotations

from shared.domain.wording import Language

WORDS = {
    Language.SV: {
        "none": "Det finns inga värden för {area} {year}.",
        "years": "År med värden: {years}.",
        "starting": "Startar PostgreSQL, Valkey, API:et och beräkningen …",
        "sending": "Skickar Landskronas år",
        "waiting": "Väntar på värdena …",
        "activitiesSent": (
            "{rows} aktiviteter skickade: {created} nya, {updated} rättade, {unchanged} fanns redan, {outdated} äldre "
            "än de sparade."
        ),
        "observationsSent": "{observations} mätvärden skickade.",
        "invented": (
            "Aktiviteterna, mätvärdena, platserna och åtagandena är påhittade, också för 2015. Överenskommelsen och "
            "målen följer Landskronas. Att allt upprepas i år är också påhittat."
        ),
        "pages": (
            "Sidorna börjar på {url}. Logga in med en av länkarna; var och en fungerar en gång, i ett dygn. "
            "Överenskommelsen visar 2016, eftersom det mesta för i år ännu saknas."
        ),
        "coordinator": "Samordnare",
        "reporter": "Rapportör",
        "serving": "Tjänsten svarar på {url} tills du trycker Ctrl-C. API:et beskrivs på {address}/docs",
        "ask": "Hämta värden och ett diagram i ett annat fönster:",
        "powerBi": "Power BI läser {url}/samverkan/odata/v4 med samma nyckel.",
    },
    Language.EN: {
        "none": "There are no values for {area} in {year}.",
        "years": "Years with values: {years}.",
        "starting": "Starting PostgreSQL, Valkey, the API and the worker …",
        "sending": "Sending Landskrona's year",
        "waiting": "Waiting for the values …",
        "activitiesSent": (
            "{rows} activities sent: {created} new, {updated} corrected, {unchanged} there already, {outdated} older "
            "than the stored ones."
        ),
        "observationsSent": "{observations} observations sent.",
        "invented": (
            "The activities, observations, places and commitments are invented, for 2015 too. The agreement and its "
            "targets follow Landskrona's. That all is repeated this year is invented, too."
        ),
        "pages": (
            "The pages begin at {url}. Sign in by one of the links; each works once, for a day. "
            "The agreement is shown for 2016, since most of this year is still missing."
        ),
        "coordinator": "Coordinator",
        "reporter": "Reporter",
        "serving": "Serving at {url} until Ctrl-C. The API is described at {address}/docs",
        "ask": "Get values and a chart, in another terminal:",
        "powerBi": "Power BI reads {url}/samverkan/odata/v4 with the same key.",
    },
}
