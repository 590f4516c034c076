"""Activities: what was done, reported one at a time."""
