"""Reads the files that people send: tables as CSV or workbooks, with the type that each cell has in its sheet.

One reader for the API and the commands. It knows nothing of what a row becomes: `table` finds the row that names the
columns, and passes rows on with the numbers that the person's own program shows.
"""
