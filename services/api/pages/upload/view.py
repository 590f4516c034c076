"""A proposal in the words of its page: what each column holds, what is asked, and what a person should know."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from services.api.imports.proposals.context import BY_COLUMN, OTHER, SKIP
from services.api.imports.proposals.observed import MEASURE
from services.api.imports.proposals.vocabulary import IGNORED
from services.api.pages.upload.notices import notices_of
from services.api.pages.upload.trials import name_of
from shared.domain.wording import in_language, name_sort_key
from shared.files.cells import text_of
from shared.files.table import column_letters
from shared.wording.dates import date_in_words
from shared.wording.refusals import label

if TYPE_CHECKING:
    from collections.abc import Iterator

    from services.api.imports.proposals.context import Choice
    from services.api.imports.proposals.proposal import ColumnProposal
    from services.api.imports.proposals.words import Word
    from services.api.pages.texts import Translate
    from services.api.pages.upload.work import Work
    from shared.domain.wording import Language

# What is shown of a sheet: rows above and below the header, columns, examples of cells, and of what each has of a cell.
_ROWS_ABOVE, _MOST_ROWS, _MOST_COLUMNS, _EXAMPLES, _LONGEST_CELL = 4, 10, 12, 3, 40

Options = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class ChoiceView:
    """A choice with its options in words; `likely` is what it probably is, in words, where somebody has to say."""

    key: str
    label: str
    value: str
    options: Options
    likely: str = ""
    help: str = ""


@dataclass(frozen=True, slots=True)
class ColumnView:
    """A column: its letters and name, some of its cells, the field that it holds, and how its dates are read."""

    letters: str
    name: str
    examples: str
    field: ChoiceView
    dates: ChoiceView | None
    has_weeks: bool


@dataclass(frozen=True, slots=True)
class WordsView:
    """The words of a column: those that somebody has to say the meaning of, and those that are known."""

    heading: str
    asked: list[ChoiceView]
    known: list[ChoiceView]


@dataclass(slots=True)
class SheetView:
    """All that a page says of a file that waits."""

    work: Work
    language: Language
    t: Translate
    name: str
    type: ChoiceView
    letters: list[str] = field(default_factory=list)
    rows: list[tuple[int, list[str], str]] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    columns: list[ColumnView] = field(default_factory=list)
    words: list[WordsView] = field(default_factory=list)
    singles: list[ChoiceView] = field(default_factory=list)
    ids: str = ""
    faults: list[tuple[str, str]] = field(default_factory=list)

    def field_name(self, name: str) -> str:
        """Return what a field is called."""
        if self.t.knows(f"upload.field.{name}"):
            return self.t(f"upload.field.{name}")
        whole, _, part = name.partition(".")
        if whole == "attributes":
            named = (one.attributes[part] for one in self.work.known.types.values() if part in one.attributes)
            return next((in_language(one.name, self.language) for one in named), part)
        return label(name, self.language) or name


def type_name(work: Work, language: Language, code: str) -> str:
    """Return what a type is called."""
    return in_language(work.setting.catalogue.activity_types[code].name, language)


def view_of(work: Work, language: Language, t: Translate) -> SheetView:
    """Return what a page says of a file."""
    proposal = work.proposal
    view = SheetView(work, language, t, name_of(work), _type(work, language, t))
    view.letters = [column_letters(column.index) for column in proposal.sheet.columns[:_MOST_COLUMNS]]
    view.rows = [*_rows(work)]
    view.notices = [*notices_of(work, t)]
    view.columns = [_column(one, view) for one in proposal.columns]
    view.words = [*_words(view)]
    view.singles = [*_singles(view)]
    names = [one.guess.column.name or one.guess.letters for one in proposal.columns]
    letters = [one.guess.letters for one in proposal.columns]
    chosen = [name for name, one in zip(names, letters, strict=True) if one in proposal.id_letters]
    own = proposal.column_of("externalId")
    view.ids = own.guess.column.name or own.guess.letters if own else ", ".join(chosen)
    view.faults = [*_faults(view)]
    return view


def _type(work: Work, language: Language, t: Translate) -> ChoiceView:
    choice = work.proposal.type
    asked = {code for annex in work.known.annexes for code in annex.types}
    names = {code: in_language(one.name, language) for code, one in work.known.types.items()}
    ordered = sorted(names, key=lambda code: (code not in asked, name_sort_key(names[code])))
    options = [*((code, names[code]) for code in ordered), (BY_COLUMN, t("upload.type.column"))]
    measures = sorted(work.known.measures.items(), key=lambda one: name_sort_key(one[1]))
    options += [(f"{MEASURE}{code}", t("upload.type.measure", name=name)) for code, name in measures]
    likely = dict(options).get(choice.likely, "") if choice.is_open else ""
    return ChoiceView("type", t("upload.type"), choice.value, options, likely)


def _rows(work: Work) -> Iterator[tuple[int, list[str], str]]:
    """Yield the rows about the header, each with what it is: above, header, row."""
    sheet = work.proposal.sheet
    width = min(len(sheet.columns), _MOST_COLUMNS)
    begin = next((at for at, row in enumerate(sheet.head) if row.number >= sheet.header.row), 0)
    for row in sheet.head[max(0, begin - _ROWS_ABOVE) :][:_MOST_ROWS]:
        texts = [text_of(cell)[:_LONGEST_CELL] for cell in row.cells[:width]]
        kind = "header" if row.number == sheet.header.row else ("above" if row.number < sheet.header.row else "row")
        yield row.number, [*texts, *[""] * (width - len(texts))], kind


def _column(one: ColumnProposal, view: SheetView) -> ColumnView:
    t, guess = view.t, one.guess
    examples = [text for text in guess.column.words if text][:_EXAMPLES]
    name = guess.column.name or t("upload.column.unnamed")
    options = [(code, view.field_name(code)) for code in one.field.options if code != IGNORED]
    options.append((IGNORED, t("upload.field.ignore")))
    likely = dict(options).get(one.field.likely, "") if one.field.is_open else ""
    # Which column it is about is said by the label, where many are alike.
    chosen = ChoiceView(one.field.key, t("upload.column.holds", name=name), one.field.value, options, likely)
    has_weeks = one.dates is not None and guess.dates.uses_weeks
    return ColumnView(guess.letters, name, ", ".join(examples)[:90], chosen, _dates(one, view), has_weeks)


def _dates(one: ColumnProposal, view: SheetView) -> ChoiceView | None:
    """Return the question how dates are read, where there is more than one way."""
    if one.dates is None or (len(one.guess.dates.readings) <= 1 and not one.guess.dates.is_mixed):
        return None
    options = []
    for reading in one.guess.dates.readings:
        examples = "; ".join(
            view.t("upload.dates.example", text=text, day=date_in_words(day, view.language))
            for text, day in reading.examples[:2]
        )
        options.append((reading.order, examples or view.t("upload.dates.asTyped")))
    help_text = view.t("upload.dates.mixed") if one.guess.dates.is_mixed else ""
    return ChoiceView(one.dates.key, view.t("upload.dates"), one.dates.value, options, help=help_text)


def _words(view: SheetView) -> Iterator[WordsView]:
    for one in view.work.proposal.columns:
        words = [word for word in view.work.proposal.words if word.letters == one.guess.letters]
        if not words:
            continue
        views = [(word, _word(word, view)) for word in words]
        name = one.guess.column.name or one.guess.letters
        yield WordsView(
            view.t("upload.words", name=name),
            [choice for word, choice in views if not _is_plain(word)],
            [choice for word, choice in views if _is_plain(word)],
        )


def _is_plain(word: Word) -> bool:
    """Tell whether a word was known by itself, and is what it is called."""
    return not word.meaning.is_open and word.meaning.likely == word.meaning.value and len(word.meaning.options) > 0


def _word(word: Word, view: SheetView) -> ChoiceView:
    t, places = view.t, {place.code: place.label for place in view.work.known.places}
    annexes = {annex.code: _annex_name(view, annex.code) for annex in view.work.known.annexes}
    options: Options = []
    for code in word.meaning.options:
        if code == OTHER:
            options.append((code, t("upload.word.other")))
        elif code == SKIP:
            options.append((code, t("upload.word.skip")))
        elif word.field == "area":
            options.append((code, places.get(code, code)))
        elif word.field == "annex":
            options.append((code, annexes.get(code, code)))
        else:
            options.append((code, _code_name(word.field, code, view)))
    likely = dict(options).get(word.meaning.likely, "") if word.meaning.is_open else ""
    where = t("upload.word.where", n=word.rows, cell=f"{word.letters}{word.first_row}")
    return ChoiceView(word.meaning.key, word.text, word.meaning.value, options, likely, where)


def _code_name(name: str, code: str, view: SheetView) -> str:
    if name == "type":
        return type_name(view.work, view.language, code)
    if name == "status":
        return view.t(f"said.status.{code}")
    if name == "month":
        return view.t(f"upload.month.{code}")
    _, _, part = name.partition(".")
    for one in view.work.known.types.values():
        if part in one.attributes and code in one.attributes[part].values:
            return in_language(one.attributes[part].values[code], view.language)
    return code


def _singles(view: SheetView) -> Iterator[ChoiceView]:
    t, proposal = view.t, view.work.proposal
    if proposal.year is not None:
        options = [(year, year) for year in proposal.year.options]
        yield _single(proposal.year, t("upload.year"), options, t("upload.year.help"))
    if proposal.status is not None:
        asked, named = ("upload.status", "said.status") if proposal.measure is None else ("upload.finality",) * 2
        yield _single(proposal.status, t(asked), [(one, t(f"{named}.{one}")) for one in proposal.status.options])
    for choice in proposal.annexes:
        name = type_name(view.work, view.language, choice.key.removeprefix("annex-"))
        asked = t("upload.annexOf", name=name) if len(proposal.annexes) > 1 else t("upload.annex")
        yield _single(choice, asked, [(code, _annex_name(view, code)) for code in choice.options])


def _single(choice: Choice, asked: str, options: Options, help_text: str = "") -> ChoiceView:
    likely = dict(options).get(choice.likely, "") if choice.is_open else ""
    return ChoiceView(choice.key, asked, choice.value, options, likely, help_text)


def _annex_name(view: SheetView, code: str) -> str:
    annex = next(one for one in view.work.known.annexes if one.code == code)
    number = code.partition("/")[2]
    return view.t("upload.annex.named", number=number, title=annex.title) if number else annex.title


def _faults(view: SheetView) -> Iterator[tuple[str, str]]:
    """Yield what has to be answered or mended, by the fields where that is done."""
    t = view.t
    columns = {one.field.key: one.name for one in view.columns}
    dates = {one.dates.key: one.name for one in view.columns if one.dates}
    words = {word.meaning.key: word.text for word in view.work.proposal.words}
    for choice in view.work.proposal.open:
        if choice.key in columns:
            yield choice.key, t("upload.open.field", name=columns[choice.key])
        elif choice.key in dates:
            yield choice.key, t("upload.open.dates", name=dates[choice.key])
        elif choice.key in words:
            yield choice.key, t("upload.open.word", word=words[choice.key])
        else:
            key = "place-typed" if choice.key == "place" else choice.key
            yield key, t(f"upload.open.{choice.key.partition('-')[0]}")
    for key, reason in view.work.proposal.faults:
        yield key, t(f"upload.fault.{reason}", name=columns.get(key, ""))
