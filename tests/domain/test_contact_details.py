"""E-mail addresses and telephone numbers in free text: trials D3."""

from __future__ import annotations

import time

import pytest

from shared.domain.contact_details import as_taken, contact_details_in, contact_policy, without_contact_details

ADDRESSES = [
    "anna.andersson@example.se",
    "Anna.Andersson+samverkan@kommun.example.se",
    "ANNA@EXAMPLE.COM",
    "mailto:anna@example.se",
    "<anna@example.se>",
    "åsa@räksmörgås.se",
    "anna(at)example.se",
    "anna [at] example.se",
    "anna{snabel-a}example.se",
    "anna＠example.se",
    "an\u00adna@exam\u200bple.se",
]
TELEPHONES = [
    "070-123 45 67",
    "070-1234567",
    "070 123 45 67",
    "0701234567",
    "070-123 4567",
    "070/123 45 67",
    "(0418) 47 00 00",
    "0418-47 00 00",
    "0418 - 470 000",
    "08-123 456 78",
    "08-640 700",
    "010-456 70 80",
    "+46 70 123 45 67",
    "+46701234567",
    "+46 (0)70-123 45 67",
    "0046 70 123 45 67",
    "0046701234567",
    "+45 12 34 56 78",
    "+1 (212) 555-0100 x1",
    "tel:+46-70-123-45-67",
    "０７０－１２３ ４５ ６７",
    "07⓪-①②③ 45 67",
    "0701\u200b234567",
]
FRAMES = ["{}", "Ring {} efter sex.", "({})", "Anna, {}!", "tel.{}", "{}, 2016-03-24", "12 st; {}"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_e_mail_address_is_found_however_it_is_written(address: str) -> None:
    missed = [frame for frame in FRAMES if contact_details_in(frame.format(address)) != "holds an e-mail address"]
    assert missed == []


@pytest.mark.parametrize("telephone", TELEPHONES)
def test_a_telephone_number_is_found_however_it_is_written(telephone: str) -> None:
    missed = [frame for frame in FRAMES if contact_details_in(frame.format(telephone)) != "holds a telephone number"]
    assert missed == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Ring 112, eller 114 14.",
        "2016-03-24 18:00-20:00, 15 deltagare",
        "2016-03-24T08:00:00+01:00",
        "01-02 2016",
        "08-02 2016 och 08-03 2016",
        "brott 0355, 0357, 0375, 0377",
        "brott 9357-9364, 0355-0357",
        "0864 0870",
        "+1 150 000 kr",
        "ökade +12 procent, 100 000 kr",
        "Ärende 0512-1, dnr KS 2016/1234-5",
        "5000-K123456-16",
        "556036-0793",
        "bankgiro 5050-1055",
        "59.3293, 18.0686",
        "001 002 003",
        "@landskrona på torget",
        "3@50 kr",
        "a@b",
        "pris 12@2.50",
        "0180, 0181 och 1282",
        "kl. 08-12 den 24/3",
        "07.30-16.00",
    ],
)
def test_what_is_neither_is_left_alone(text: str) -> None:
    assert contact_details_in(text) is None
    assert without_contact_details(text) == text


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("Ring Anna 070-123 45 67!", "Ring Anna [telefon]!"),
        ("Skriv till a@example.se, b@example.se.", "Skriv till [e-post], [e-post]."),
        ("a@example.se 0418-47 00 00 och 08-640 700", "[e-post] [telefon] och [telefon]"),
        ("Inget här, 2016-03-24 kl. 18.", "Inget här, 2016-03-24 kl. 18."),
        ("an\u00adna@example.se ①", "[e-post] 1"),
    ],
)
def test_by_the_operators_choice_a_mark_takes_their_place(text: str, marked: str) -> None:
    assert as_taken(text) == text
    token = contact_policy.set("mark")
    try:
        assert as_taken(text) == marked
        assert contact_details_in(marked) is None
    finally:
        contact_policy.reset(token)


@pytest.mark.parametrize("piece", ["@", "a@b", "a@a.a.", "0", "070-", "+46 ", "1 2 ", "a.", "(at)", "0" * 9 + " "])
def test_no_text_takes_long(piece: str) -> None:
    text = (piece * 20_000)[:20_000]
    started = time.process_time()
    without_contact_details(text)
    assert time.process_time() - started < 0.5
