"""Which values that are observed elsewhere somebody is asked for: the one rule of it."""

ASKED_FOR = """CASE indicator_kind WHEN 'observed' THEN period_type = 'month' AND targets <> '[]'
                                  WHEN 'measured' THEN targets @> jsonb_build_array(
                                      jsonb_build_object('per', period_type)) ELSE false END"""
"""Of a row of `served_value`: what is added up is needed month by month; of all else, the very period of a target."""
