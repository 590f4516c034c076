"""An area's year as agreements have it: a table for each annex, raw and in words, for terminal, pages and files."""
