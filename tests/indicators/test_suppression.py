"""No hidden figure can be computed from what is published: neither by one subtraction nor by all sums together."""

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

import pytest

from services.indicators.compute import intruders
from services.indicators.compute.suppression import Sum, suppressed
from tests.indicators.attacker import Attacker

MONTHS = ("m1", "m2", "m3")
THRESHOLD = 5


def grid(random: Random) -> Any:
    """Return figures of a small tree by months, the sums among them, and what is confidential; some are unknown."""
    children = {"SE": [f"county{number}" for number in range(random.randint(1, 3))]}
    for county in children["SE"]:
        children[county] = [f"{county}-{number}" for number in range(random.randint(1, 4))]
    leaves = [leaf for county in children["SE"] for leaf in children[county]]
    figures = {(leaf, month): random.choice((0, 0, 1, 2, 3, 7, 9, 20)) for leaf in leaves for month in MONTHS}
    for area in (*children["SE"], "SE"):
        for month in MONTHS:
            figures[area, month] = sum(figures[child, month] for child in children[area])
    areas = [*leaves, *children["SE"], "SE"]
    figures |= {(area, "year"): sum(figures[area, month] for month in MONTHS) for area in areas}
    sums = [Sum((area, "year"), [(area, month) for month in MONTHS]) for area in areas]
    sums += [
        Sum((area, period), [(child, period) for child in below])
        for area, below in children.items()
        for period in (*MONTHS, "year")
    ]
    unknown = random.sample(sorted(figures), k=random.choice((0, 0, 1, 3)))
    confidential = [key for key in unknown if random.random() < 0.5]
    known = {key: Decimal(figure) for key, figure in figures.items() if key not in unknown}
    return known, confidential, sums


def reduced(rows: Sequence[Sequence[Fraction]]) -> Sequence[Sequence[Fraction]]:
    """Return the rows of the same space, each with a one where all others have nothing (reduced row echelon form)."""
    rows, found = [list(row) for row in rows], 0
    for column in range(len(rows[0]) if rows else 0):
        pivot = next((index for index in range(found, len(rows)) if rows[index][column]), None)
        if pivot is None:
            continue
        rows[found], rows[pivot] = rows[pivot], rows[found]
        divisor = rows[found][column]
        rows[found] = [one / divisor if one else one for one in rows[found]]
        for index, row in enumerate(rows):
            if index != found and (factor := row[column]):
                pairs = zip(row, rows[found], strict=True)
                rows[index] = [one - factor * other if other else one for one, other in pairs]
        found += 1
    return rows[:found]


def derivable(known: Mapping[Any, Decimal], hidden: AbstractSet[Any], sums: Any) -> set[Any]:
    """Return the hidden figures whose unit vector lies in the space that the sums span over what is not published."""
    published = known.keys() - hidden
    unknown = sorted({key for sum_ in sums for key in (sum_.total, *sum_.parts)} - published)
    matrix = [
        [Fraction((key in sum_.parts) - (key == sum_.total)) for key in unknown]
        for sum_ in sums
        if set(unknown) & {sum_.total, *sum_.parts}
    ]
    # One that lies there is a row of the reduced form.
    return {unknown[row.index(1)] for row in reduced(matrix) if sum(map(bool, row)) == 1} & hidden


@pytest.mark.parametrize("seed", range(60))
def test_nothing_hidden_follows_from_what_is_published(seed: int) -> None:
    known, confidential, sums = grid(Random(seed))
    hidden = suppressed(known, confidential, sums, THRESHOLD)
    protected = {key for key, figure in known.items() if 0 < figure < THRESHOLD} | set(confidential)
    assert protected <= hidden
    for sum_ in sums:
        unshown = [key for key in (sum_.total, *sum_.parts) if key not in known or key in hidden]
        assert len(unshown) != 1 or unshown[0] not in hidden
    # What is hidden only for the sake of others may follow from the sums.
    assert derivable(known, hidden, sums).isdisjoint(protected)


def hide(figures: Mapping[Any, int], sums: Any, confidential: Collection[Any] = ()) -> frozenset[Any]:
    return suppressed({key: Decimal(figure) for key, figure in figures.items()}, confidential, sums, THRESHOLD)


def test_a_figure_of_few_is_hidden_and_zero_is_not() -> None:
    assert hide({"a": 4, "b": 5, "c": 0}, []) == {"a"}


def test_the_smallest_sibling_that_is_not_zero_is_hidden_too() -> None:
    assert hide({"all": 34, "a": 4, "b": 20, "c": 10, "d": 0}, [Sum("all", "abcd")]) == {"a", "c"}


def test_two_hidden_siblings_protect_each_other() -> None:
    assert hide({"all": 27, "a": 4, "b": 3, "c": 20}, [Sum("all", "abc")]) == {"a", "b"}


def test_an_only_child_takes_its_total_along() -> None:
    assert hide({"all": 4, "a": 4}, [Sum("all", "a")]) == {"all", "a"}


def test_a_total_that_stands_alone_against_zeros_is_hidden() -> None:
    assert hide({"all": 9, "a": 4, "b": 0}, [Sum("all", "ab")]) == {"all", "a"}


def test_an_unknown_sibling_protects() -> None:
    assert hide({"all": 24, "a": 4, "b": 20}, [Sum("all", "abx")]) == {"a"}


def test_an_unknown_sibling_that_follows_from_elsewhere_protects_nothing() -> None:
    sums = [Sum("all", "abx"), Sum("year", ("x", "y"))]
    assert hide({"all": 24, "a": 4, "b": 13, "year": 12, "y": 5}, sums) == {"a", "b"}


def test_what_the_source_withholds_is_not_told_by_a_total() -> None:
    assert hide({"all": 40, "a": 30, "b": 8}, [Sum("all", "abx")], ["x"]) == {"x", "b"}


def test_a_figure_that_only_all_sums_together_tell_is_protected() -> None:
    """In each sum two or more are hidden, yet e is both rows of the first block less both of its columns."""
    table = {"r1": "abe", "r2": "cd", "c1": "ac", "c2": "bd", "r3": "fg", "r4": "hi", "c3": "efh", "c4": "gi"}
    parts = dict.fromkeys("abcdefghi", 3)
    figures = parts | {total: 3 * len(summed) for total, summed in table.items()}
    known = {key: Decimal(figure) for key, figure in figures.items()}
    sums = [Sum(total, tuple(summed)) for total, summed in table.items()]
    assert derivable(known, parts.keys(), sums) == {"e"}
    hidden = hide(figures, sums)
    assert hidden > parts.keys()
    assert derivable(known, hidden, sums) == set()


def exposed(figures: Mapping[Any, int], hidden: Collection[Any], sums: Sequence[Sum[Any]]) -> set[Any]:
    """Return the figures of few that whoever reckons with all that is shown can tell."""
    visible = figures.keys() - set(hidden)
    return Attacker(figures, visible, [(one.total, one.parts) for one in sums], THRESHOLD).known_figures()


def _is_few(figure: int) -> bool:
    return 0 < figure < THRESHOLD


@pytest.mark.parametrize(
    ("figures", "hidden"),
    [
        # Five municipalities with a total of 5: each must have 1.
        ({"all": 5, "a": 1, "b": 1, "c": 1, "d": 1, "e": 1}, {"all", "a", "b", "c", "d", "e"}),
        # Two of few with a total of 8: each must have 4.
        ({"all": 8, "a": 4, "b": 4}, {"all", "a", "b"}),
        # With a total of 7 they have 3 and 4, or 4 and 3.
        ({"all": 7, "a": 3, "b": 4}, {"a", "b"}),
        ({"all": 6, "a": 1, "b": 1, "c": 1, "d": 1, "e": 2}, {"a", "b", "c", "d", "e"}),
        # 4 of few beside the 16 that must be hidden for them: any of 1 to 4.
        ({"all": 40, "a": 4, "b": 16, "c": 20}, {"a", "b"}),
    ],
)
def test_what_a_figure_of_few_can_be_does_not_tell_it(figures: dict[str, int], hidden: set[str]) -> None:
    sums = [Sum("all", tuple(key for key in figures if key != "all"))]
    assert hide(figures, sums) == hidden
    assert exposed(figures, hidden, sums) == set()


def test_the_attacker_tells_what_only_the_range_tells() -> None:
    figures = {"all": 8, "a": 4, "b": 4}
    sums = [Sum("all", "ab")]
    assert derivable({key: Decimal(figure) for key, figure in figures.items()}, {"a", "b"}, sums) == set()
    assert exposed(figures, {"a", "b"}, sums) == {"a", "b"}


def test_below_two_there_is_only_one_and_yet_not_all_is_hidden() -> None:
    figures = {key: Decimal(figure) for key, figure in {"all": 13, "a": 1, "b": 1, "c": 8, "d": 3}.items()}
    assert suppressed(figures, [], [Sum("all", "abcd")], 2) == {"a", "b", "d"}


def test_what_nobody_shows_is_protected_like_what_is_hidden() -> None:
    """Of codes 1 and 2 together 9, of code 1 alone 6: of code 2 there are 3."""
    figures, sums = {"both": Decimal(9), "one": Decimal(6)}, [Sum("both", ("1", "2")), Sum("one", ("1",))]
    hidden = suppressed(figures, [], sums, THRESHOLD, {"1": Decimal(6), "2": Decimal(3)})
    assert hidden
    assert hidden <= figures.keys()
    assert suppressed(figures, [], sums, THRESHOLD, {"1": Decimal(4 + 5), "2": Decimal(0)}) == frozenset()


def small_table(random: Random) -> tuple[dict[Any, int], list[Sum[Any]]]:
    """Return figures of two or three areas in two or three months, with all totals."""
    areas, spans = "abc"[: random.randint(2, 3)], "123"[: random.randint(2, 3)]
    figures = {(area, span): random.choice((0, 1, 1, 2, 4, 4, 5, 8)) for area in areas for span in spans}
    figures |= {(area, "all"): sum(figures[area, span] for span in spans) for area in areas}
    figures |= {("all", span): sum(figures[area, span] for area in areas) for span in (*spans, "all")}
    sums = [Sum((area, "all"), [(area, span) for span in spans]) for area in (*areas, "all")]
    sums += [Sum(("all", span), [(area, span) for area in areas]) for span in (*spans, "all")]
    return figures, sums


def test_two_that_a_source_keeps_confidential_are_not_told_by_a_total_of_nothing() -> None:
    assert hide({"all": 0, "a": 0}, [Sum("all", "axy")], ["x", "y"]) > {"x", "y"}
    assert hide({"all": 9, "a": 0}, [Sum("all", "axy")], ["x", "y"]) == {"x", "y"}


@pytest.mark.parametrize("seed", range(60))
def test_nothing_hidden_is_narrowed_down_to_one_value(seed: int) -> None:
    figures, sums = small_table(Random(seed))
    assert exposed(figures, hide(figures, sums), sums) == set()


def of_area(key: Any) -> frozenset[int]:
    """Return who knows a figure of a small table as their own: the area, but nobody the totals of all areas."""
    return frozenset() if key[0] == "all" else frozenset({ord(key[0])})


def test_two_hidden_siblings_do_not_protect_each_other_from_each_other() -> None:
    figures = {("all", "1"): 27, ("a", "1"): 4, ("b", "1"): 3, ("c", "1"): 20}
    sums = [Sum(("all", "1"), [(area, "1") for area in "abc"])]
    known = {key: Decimal(figure) for key, figure in figures.items()}
    assert suppressed(known, [], sums, THRESHOLD) == {("a", "1"), ("b", "1")}
    assert len(suppressed(known, [], sums, THRESHOLD, holders=of_area)) > 2


@pytest.mark.parametrize("most_near", [intruders.MOST_NEAR, 3, 1])
@pytest.mark.parametrize("seed", range(20))
def test_no_area_tells_another_s_figures_by_its_own(seed: int, most_near: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """However much is looked through at a time."""
    monkeypatch.setattr(intruders, "MOST_NEAR", most_near)
    figures, sums = small_table(Random(seed))
    known = {key: Decimal(figure) for key, figure in figures.items()}
    served = figures.keys() - suppressed(known, [], sums, THRESHOLD, holders=of_area)
    plain = [(one.total, one.parts) for one in sums]
    for area in {key[0] for key in figures} - {"all"}:
        own = {key for key in figures if key[0] == area}
        known_to_it = Attacker(figures, served | own, plain, THRESHOLD).known_figures()
        # If nothing were shown, some would follow from what is of few alone; and some are of nobody else.
        known_to_it -= Attacker(figures, own, plain, THRESHOLD).known_figures()
        assert {key for key in known_to_it if figures[key] != figures[area, key[1]]} == set()


def test_not_more_is_hidden_than_need_be() -> None:
    """Of 40 tables with half of their figures below the threshold, what is hidden besides is less than half again."""
    few = all_hidden = visible = 0
    for seed in range(40):
        figures, sums = small_table(Random(seed))
        hidden = hide(figures, sums)
        few += sum(_is_few(figure) for figure in figures.values())
        all_hidden += len(hidden)
        visible += len(figures) - len(hidden)
    assert few < all_hidden < 1.9 * few
    assert visible
