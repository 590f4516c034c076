"""How long facts stay: those of past years can be removed, and their figures stay as they are."""
