"""Import mappings: how the rows of a source's own files become activities."""
