"""What a sheet that was kept by hand may mean: proposals for a mapping, each sure or to be asked about.

Nothing here knows HTTP or SQL. A sheet is read once into its first rows and what its columns hold (`sheets`); from
that, from what the municipality has (`context`) and from what a person has answered comes a proposal (`proposal`), and
from one without open questions a mapping (`mapping`), by which the import itself reads the rows.
"""
