"""The whole way of a new municipality in a real browser: set up, messy sheets, a figure, and who reads it.

A story has as many chapters as there are views to see each script, width and language with each other: it is told so
often that each chapter is seen in every view.
"""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from services.api.pages.texts import translator
from shared.domain.period import today
from shared.domain.person import GivenRole, PersonRole
from shared.domain.wording import Language
from tests.chromium import NEEDS_CHROMIUM
from tests.extent import ONLY_LONG
from tests.landskrona.loading import settle
from tests.pages.hand import Hand, work_on
from tests.pages.handover.messy import CLEANUPS, PATROLS, VISITS, WALKS, workbook
from tests.pages.people import invite
from tests.pages.setup import world
from tests.pages.setup.sheets import cells_of, filled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from services.api.pages.texts import Translate

pytestmark = [pytest.mark.long, NEEDS_CHROMIUM, pytest.mark.timeout(300)]
# Where pictures of the pages are put, to be looked at.
PICTURES = os.environ.get("PICTURES")
# With scripts or without, width, language: the first six have each of two together.
VIEWS = (
    *((True, 320, "sv"), (False, 768, "en"), (True, 1280, "en"), (False, 320, "en"), (True, 768, "sv")),
    *((False, 1280, "sv"), (False, 320, "sv"), (True, 768, "en"), (False, 1280, "en"), (True, 320, "en")),
    *((False, 768, "sv"), (True, 1280, "sv")),
)
MUNICIPALITIES = ("1284", "1285", "1286", "1287", "1290", "1291", "1292", "1293", "1260", "1261", "1262", "1263")
# From the page where a file is chosen to the page that says that its rows are stored.
CLICKS = {"nothing is unclear": 5, "annex, group and place are asked about, and two cells are wrong": 12}
_steps = count(1)


@dataclass
class Desk:
    """Somebody's screen, in one of the views."""

    hand: Hand
    t: Translate
    view: str
    files: Path = field(default_factory=Path)

    @property
    def page(self) -> Page:
        """The page that is open."""
        return self.hand.page

    def look(self, name: str) -> None:
        """See that the page is no wider than the screen and has one main heading; keep a picture where wanted."""
        page = self.page
        page.wait_for_load_state()  # with its style: a click waits only until another page begins
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        expect(page.locator("h1")).to_have_count(1)
        if PICTURES:
            page.screenshot(path=Path(PICTURES) / f"{next(_steps):03}-{name}-{self.view}.png", full_page=True)

    def file(self, name: str, content: bytes) -> Path:
        """Return a file as a person has it."""
        path = self.files / name
        path.write_bytes(content)
        return path


class Story:
    """The chapters of a municipality's story, each told in another view."""

    def __init__(self, browser: Browser, address: str, database_url: str, files: Path, rotation: int) -> None:
        self._browser = browser
        self._address = address
        self._database_url = database_url
        self._files = files
        self._rotation = rotation
        self._chapters = count()
        self.code = MUNICIPALITIES[rotation]
        self.name = ""

    @contextmanager
    def desk(self, role: PersonRole | None) -> Iterator[Desk]:
        """Seat somebody with a role in the municipality, or none, in front of the next view."""
        chapter = next(self._chapters)
        has_script, width, language = VIEWS[(chapter + self._rotation) % len(VIEWS)]
        with self._browser.new_context(
            base_url=self._address,
            locale="sv-SE",
            viewport={"width": width, "height": 900},
            java_script_enabled=has_script,
        ) as context:
            view = f"{width}-{language}-{'script' if has_script else 'none'}"
            desk = Desk(Hand(context.new_page()), translator(Language(language)), view, self._files)
            if role is not None:
                roles = [GivenRole(role, self.code)]
                email = f"chapter{chapter}@k{self.code}.example"
                person = invite(self._database_url, email, roles, owner=self.code, language=language)
                desk.page.goto(person.address)
                desk.page.locator("main form button.main").click()
            yield desk

    def settle(self) -> None:
        """Let the worker do its part."""
        work_on(self._database_url, lambda engine: settle(engine, today()))


@ONLY_LONG  # each chapter has tests in its own folder, and README's commands go the whole way
@pytest.mark.parametrize("rotation", range(len(VIEWS)))
def test_a_municipality_is_set_up_fed_and_read(
    browser: Browser, address: str, database_url: str, tmp_path: Path, rotation: int
) -> None:
    story = Story(browser, address, database_url, tmp_path, rotation)
    with story.desk(PersonRole.ADMINISTRATOR) as desk:
        _sets_up(desk, story)
    with story.desk(PersonRole.COORDINATOR) as desk:
        _uploads_walks(desk)
    with story.desk(PersonRole.COORDINATOR) as desk:
        _uploads_cleanups_and_patrols(desk)
    with story.desk(PersonRole.COORDINATOR) as desk:
        _uploads_visits(desk)
    story.settle()
    with story.desk(PersonRole.COORDINATOR) as desk:
        _opens_a_figure_down_to_an_activity(desk, story)
        _comments(desk)
        _downloads(desk, story)
        public = _shows_the_promises(desk)
    with story.desk(PersonRole.READER) as desk:
        _reads(desk, story)
    with story.desk(None) as desk:
        desk.page.goto(public if desk.t is translator(Language.SV) else f"{public}?sprak=en")
        expect(desk.page.locator("main")).to_contain_text("Stadsparken får ny belysning.")
        desk.look("public")


def _sets_up(desk: Desk, story: Story) -> None:
    page, t = desk.page, desk.t
    page.wait_for_url(f"**/komma-igang/{story.code}")
    desk.look("setup")
    with page.expect_download() as download:
        desk.hand.follow(t("setup.fetch"))
    template = Path(download.value.path()).read_bytes()
    content = world.whole(f"k{story.code}.example")
    content["targets"][0]["indicator"] = "Klotter i tid"
    for state in ("faulty", "preview"):
        file = desk.file("mall.xlsx", filled(template, cells_of(content)))
        desk.hand.choose_file(page.locator("#file"), file)
        desk.hand.press(t("setup.preview"))
        desk.look(f"setup-{state}")
        content = world.whole(f"k{story.code}.example")
    desk.hand.press(t("setup.take"))
    expect(page.locator("code")).to_have_count(20)
    desk.look("setup-done")
    with page.expect_download() as download:
        page.goto(f"/komma-igang/{story.code}")
        page.get_by_role("link", name=t("setup.fetchFilled")).click()
    desk.hand.choose_file(page.locator("#file"), Path(download.value.path()))
    desk.hand.press(t("setup.preview"))
    expect(page.locator("main")).to_contain_text(t("setup.nothingToDo"))
    desk.look("setup-nothing-to-do")
    for step in ("mal", "atagande", "roll", "termin"):
        page.goto(f"/komma-igang/{story.code}/steg/{step}")
        page.locator("a[href*='vilken=']").first.click()
        desk.look(f"setup-{step}")


def _chooses(desk: Desk, name: str, content: bytes) -> None:
    """Upload a file, with clicks counted from here."""
    desk.page.goto("/ladda-upp")
    desk.look("upload")
    desk.hand.clicks = 0
    desk.hand.choose_file(desk.page.locator("#file"), desk.file(name, content))
    desk.hand.press(desk.t("upload.send"))
    desk.look("upload-sheet")


def _takes(desk: Desk, rows: int) -> None:
    desk.look("upload-trial")
    desk.hand.press(desk.t("upload.take", n=rows))
    desk.page.get_by_text(desk.t("upload.done.new", n=rows)).wait_for()
    desk.look("upload-done")


def _chooses_annex(desk: Desk, activity_type: str, number: int) -> None:
    title = next(one["title"] for one in world.annexes() if one["number"] == number)
    field = desk.page.locator(f"#annex-{activity_type}")
    desk.hand.choose(field, desk.t("upload.annex.named", number=number, title=title))


def _uploads_walks(desk: Desk) -> None:
    page, t = desk.page, desk.t
    _chooses(desk, "Vandringar.xlsx", workbook(WALKS))
    desk.hand.choose(page.locator("#field-C"), "participants.residents")
    _chooses_annex(desk, "safety-walk", 3)
    asked = page.get_by_label("Stora torgt").first
    desk.hand.choose(asked, "Stora torget")
    desk.hand.press(t("upload.check"))
    desk.look("upload-faulty")
    for cell, mended in (("A7", "30/4"), ("C8", "20")):
        page.locator(f"#cell-{cell}").fill(mended)
    desk.hand.press(t("upload.correct"))
    _takes(desk, 4)
    assert desk.hand.clicks == CLICKS["annex, group and place are asked about, and two cells are wrong"]


def _uploads_cleanups_and_patrols(desk: Desk) -> None:
    _chooses(desk, "klottersanering.csv", CLEANUPS.encode("cp1252"))
    desk.hand.press(desk.t("upload.check"))
    _takes(desk, 3)
    _chooses(desk, "Fotpatruller.xlsx", workbook(PATROLS))
    desk.hand.choose(desk.page.locator("#type"), "foot-patrol")
    desk.hand.press(desk.t("upload.chooseType"))
    _chooses_annex(desk, "foot-patrol", 10)
    desk.hand.press(desk.t("upload.check"))
    _takes(desk, 3)


def _uploads_visits(desk: Desk) -> None:
    _chooses(desk, "Skolbesök.xlsx", workbook(VISITS))
    desk.hand.press(desk.t("upload.check"))
    _takes(desk, 4)
    assert desk.hand.clicks == CLICKS["nothing is unclear"]


def _opens_a_figure_down_to_an_activity(desk: Desk, story: Story) -> None:
    page = desk.page
    page.goto("/overenskommelsen?ar=2026")
    desk.look("agreement")
    page.get_by_role("link", name=_indicator(desk, "safety-walks"), exact=True).first.click()
    desk.look("indicator")
    page.locator(f"a[href*='~{story.code}~2026-t1?']").click()
    desk.look("value")
    page.get_by_role("row", name=re.compile("Stora torget")).get_by_role("link").click()
    expect(page.locator("main")).to_contain_text("Stora torget")
    # Another coordinator has uploaded it.
    expect(page.locator("main")).to_contain_text(desk.t("history.created", who=desk.t("history.other")))
    desk.look("activity")


def _indicator(_desk: Desk, code: str) -> str:
    return world.name_of("series", f"{code}/all")


def _comments(desk: Desk) -> None:
    page, t = desk.page, desk.t
    page.goto("/overenskommelsen/indikatorer/safety-walks~all?ar=2026")
    page.locator("textarea").fill("Fler boende kom än i fjol.")
    page.get_by_role("button", name=t("word.save")).click()
    expect(page.locator(".comment")).to_contain_text("Fler boende kom än i fjol.")
    desk.look("comment")


def _downloads(desk: Desk, story: Story) -> None:
    page, t = desk.page, desk.t
    page.goto("/overenskommelsen?ar=2026")
    for name, beginning in (("files.workbook", b"PK"), ("files.table", b"\xef\xbb\xbf")):
        with page.expect_download() as download:
            page.get_by_role("link", name=t(name)).click()
        assert Path(download.value.path()).read_bytes().startswith(beginning)


def _shows_the_promises(desk: Desk) -> str:
    page, t = desk.page, desk.t
    page.goto("/medborgarloften")
    page.get_by_role("button", name=t("promises.show")).click()
    expect(page.get_by_text(t("promises.isShown"))).to_be_visible()
    desk.look("promises")
    return page.url.removesuffix("/visning")


def _reads(desk: Desk, story: Story) -> None:
    page = desk.page
    page.goto("/")
    expect(page.locator("h1")).to_contain_text("2026")
    assert page.locator("nav a[href='/ladda-upp']").count() == 0
    desk.look("reader")
    page.goto("/overenskommelsen/indikatorer/safety-walks~all?ar=2026")
    expect(page.locator(".comment")).to_contain_text("Fler boende kom än i fjol.")
    assert page.get_by_role("button", name=desk.t("word.save")).count() == 0
    desk.look("reader-indicator")
