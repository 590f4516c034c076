"""Which areas lie around some areas, and which inside them: parts of statements.

Each area lies around itself and inside itself. `:areas` are the areas' ids, and `:day` is the day on which it is so.
"""

AREAS_AROUND = """SELECT ancestor_id AS area_id FROM area_closure
    WHERE descendant_id = ANY(:areas) AND area_closure.valid @> CAST(:day AS date)"""
AREAS_INSIDE = """SELECT descendant_id AS area_id FROM area_closure
    WHERE ancestor_id = ANY(:areas) AND area_closure.valid @> CAST(:day AS date)"""
AREAS_AROUND_INSIDE = f"""SELECT ancestor_id AS area_id FROM area_closure
    WHERE descendant_id IN ({AREAS_INSIDE}) AND area_closure.valid @> CAST(:day AS date)"""
"""Those that lie around any of the areas inside: what holds for these is said of one of them."""
AREAS_AROUND_OR_INSIDE = f"{AREAS_AROUND} UNION {AREAS_INSIDE}"
