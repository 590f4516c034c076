"""What the example page shows of the figures in conftest.py."""

from __future__ import annotations

from playwright.sync_api import Page

OVER_100 = "Årsmål: högst 100: inte nått\nÅrsmål: färre än året före: risk"
EXPECTED = [
    ["Klottersaneringar", "31", "40", "35", "106", OVER_100],
    ["Klottersanering påbörjad i tid", "66,7 %", "100 %", "", "", "Tertialmål: minst 100 %: T1 inte nått; T2 nått"],
    ["Kostnad för skadegörelse (kr)", "", "", "1 234 567,5", "saknas", ""],
    ["Utbildningar", "", "", "", "2", ""],
    ["Utbildningar, ungdomar", "", "", "", "1", "Årsmål: minst 1: nått"],
    ["Ungdomar som motiverats till vård", "dolt", "", "", "", "Tertialmål: högst 9: T1 inte bedömt, värdet är dolt"],
]
CAPTIONS = ["Bilaga 4: Attraktiv stad", "Bilaga 6: Drogfri träning", "Indikatorer utan bilaga, och totaler"]
FIVE = "5 indikatorer visas för 2016."


def rows_of(page: Page) -> list[list[str]]:
    rows = page.locator("tbody tr").all()
    return [[text.replace("\xa0", " ") for text in row.locator("th, td").all_inner_texts()] for row in rows]
