"""The indicators of the world of these tests: those that its stories tell of, and some of every kind.

All that ship take a pass, and the rebuild after a test, twice to five times as long, for series in which nothing ever
happens. Each of them has its golden case, and all are computed together in Landskrona's year.
"""

from __future__ import annotations

from functools import cache

from shared.catalogue.loader import Catalogue, shipped_catalogue

_IN_STORIES = (
    *("graffiti-cleanups", "school-visits", "safety-walks", "traffic-checks", "trainings"),  # count
    *("participants", "safety-walk-participants", "training-participants"),  # sum
    *("graffiti-started-in-time", "hateful-graffiti-started-in-time", "safety-walks-reaching-20"),  # share
    "plans-referred",  # a share with a slice
    *("schools-visited", "mobile-office-days", "school-visits-as-needed"),  # distinct, days, coverage
    *("certified-gyms", "contact-officer-schools", "groups-met-coordinator", "schools-with-contact-officer"),  # state
    *("citizen-promises-kept", "commitments-fulfilled"),  # commitments
    *("care-referrals", "vandalism-cost"),  # observed
    *("feels-safe-outdoors", "waste-water-cannabis"),  # measured
)


@cache
def story_catalogue() -> Catalogue:
    """Return these definitions, with all activity types and roles that ship."""
    shipped = shipped_catalogue()
    return Catalogue(shipped.activity_types, {code: shipped.written[code] for code in _IN_STORIES}, roles=shipped.roles)
