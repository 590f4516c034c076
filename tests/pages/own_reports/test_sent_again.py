"""A form that is sent again, as by the back button, after its report was corrected or removed: the person is asked."""

from __future__ import annotations

import httpx
import pytest

from services.api.http.routing import BASE
from tests.pages.filling import FilledForm, open_form
from tests.pages.own_reports.reporting import LIST, WALK, stored_at
from tests.pages.own_reports.test_meanwhile import FORM, count
from tests.pages.people import words_of

pytestmark = [pytest.mark.long]
AGAIN = {**WALK, "participants.residents": "30"}


async def sent(client: httpx.AsyncClient) -> tuple[FilledForm, str]:
    """Send a form, and return it with where its report is read."""
    form = await open_form(client, FORM)
    answer = await form.send(WALK)
    return form, answer.headers["location"].replace("rapporterat", "mina-rapporter")


async def correct(client: httpx.AsyncClient, address: str, **fields: str) -> None:
    answer = await (await open_form(client, f"{address}/ratta")).send({**WALK, **fields})
    assert answer.status_code == 303, words_of(answer)


async def test_what_was_corrected_is_not_overwritten(anna: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    form, address = await sent(anna)
    await correct(anna, address, **{"participants.residents": "25", "note": "Rättad."})
    question = await form.send(AGAIN)
    assert question.status_code == 409
    words = words_of(question)
    assert "Du har redan skickat rapporten" in words
    assert "Sparat nu: 25" in words
    assert "Ditt: 30" in words
    stored = await stored_at(client, address)
    assert (stored["participants"]["residents"], stored["note"]) == (25, "Rättad.")
    assert f'action="{address}/ratta"' in question.text
    assert f'data-receipt="{form["external-id"]}"' in question.text, "what waits on a phone waits no more"
    choice = FilledForm(anna, question)
    assert "external-id" not in choice.fields
    choice._address = question.request.url.copy_with(path=f"{address}/ratta")
    answer = await choice.send({"take.note": "stored", "take.participants.residents": "mine"})
    assert (answer.status_code, answer.headers["location"]) == (303, address)
    stored = await stored_at(client, address)
    assert (stored["participants"]["residents"], stored["note"]) == (30, "Rättad.")
    assert await count(client) == 1


async def test_the_corrected_report_sent_again_as_it_is_changes_nothing(
    anna: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    form, address = await sent(anna)
    await correct(anna, address, **{"participants.residents": "30"})
    answer = await form.send(AGAIN)
    assert answer.status_code == 303
    assert (await stored_at(client, address))["revision"] == 2


async def test_what_was_removed_is_not_reported_anew_unasked(
    anna: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    before = await count(client)
    form, address = await sent(anna)
    removal = await open_form(anna, f"{address}/ta-bort")
    assert (await removal.send()).status_code == 303
    question = await form.send(AGAIN)
    assert question.status_code == 409
    words = words_of(question)
    assert "Rapporten är borttagen" in words
    assert "den togs bort den" in words
    assert f'href="{LIST}"' in question.text
    assert await count(client) == before
    choice = FilledForm(anna, question)
    assert choice["external-id"] != form["external-id"]
    answers = [await choice.send() for _ in range(2)]  # a double tap
    assert [answer.status_code for answer in answers] == [303, 303]
    assert await count(client) == before + 1
    again = answers[0].headers["location"].replace("rapporterat", "mina-rapporter")
    assert (await stored_at(client, again))["participants"]["residents"] == 30
    assert (await form.send(WALK)).status_code == 409, "the first form's report is removed all the same"


async def test_a_report_that_a_system_has_removed_is_asked_about_too(
    anna: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    form, address = await sent(anna)
    path = f"{BASE}/activities/{address.rpartition('/')[2]}"
    assert (await client.delete(path, headers={"If-Match": "*"})).status_code == 204
    assert (await form.send(WALK)).status_code == 409


async def test_a_phone_that_sends_what_waited_is_told_to_show_it(
    anna: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    form, address = await sent(anna)
    await correct(anna, address, note="Rättad.")
    anna.headers["Accept"] = "application/json"
    assert (await form.send(AGAIN)).status_code == 409
    assert (await stored_at(client, address))["note"] == "Rättad."
