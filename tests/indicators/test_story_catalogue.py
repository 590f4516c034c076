"""The world of the stories leaves out indicators, but no kind of them."""

from shared.catalogue.loader import Catalogue, shipped_catalogue
from tests.indicators.story_catalogue import story_catalogue


def ways(catalogue: Catalogue) -> set[tuple[str, str, str, bool]]:
    """Return the ways in which figures are made."""
    return {(one.kind, one.basis, one.over_time, one.is_share) for one in catalogue.series.values()}


def test_every_way_of_making_figures_is_in_the_stories() -> None:
    assert ways(shipped_catalogue()) - ways(story_catalogue()) == set()


def test_every_kind_that_has_slices_has_some_in_the_stories() -> None:
    stories, shipped = story_catalogue().indicators, shipped_catalogue().indicators
    assert {one.kind for one in shipped.values() if one.slices} == {one.kind for one in stories.values() if one.slices}
